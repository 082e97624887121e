"""Which cheap measure ranks recipes as their full scores do."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from support.cheap_recipes import SKILLS, recipes_of, scored_run

from bettersynth.errors import UserError
from bettersynth.experiments.studies.fidelity import fidelity, fidelity_table, told_apart
from bettersynth.experiments.studies.measures import MEASURES


@pytest.fixture(scope="module")
def result():
    return fidelity(recipes_of(SKILLS))


def test_a_measure_that_grows_with_the_score_has_every_pair_right(result):
    rows = {row.measure: row for row in result.rows}
    assert rows["picks_own_picture"].agreement.share == 1.0
    assert rows["picks_own_picture"].spearman.value == pytest.approx(1.0)
    # less loss is better, and this loss falls with the skill
    assert rows["caption_loss"].agreement.share == 1.0
    assert rows["caption_retrieval"].agreement.share == 0.0
    assert result.rows[-1].measure == "caption_retrieval"


def test_only_pairs_that_the_scores_tell_apart_are_asked_about(result):
    assert result.pairs == 10
    assert 0 < result.told < 10
    assert result.rows[0].agreement.pairs == result.told


def test_the_table_says_visits_pairs_and_cost(result):
    whole = dataclasses.replace(result, full_seconds=400.0)
    lines = fidelity_table(whole).splitlines()
    assert lines[0].startswith("MMBench of 5 recipes, 3 seed(s) each")
    assert len(lines) == 2 + len(MEASURES)
    assert lines[2].startswith("   3000")
    # training took 37 seconds, options 3, captions 6
    ends = {line.split()[1]: line[-8:] for line in lines[2:]}
    assert {"40  10 %", "43  11 %", "46  12 %"} == set(ends.values())


def test_alike_recipes_are_ties():
    runs = [scored_run("one", 0.5), scored_run("other", 0.5)]
    told = told_apart(runs, "likelihood")
    assert not told.any()
    far = told_apart([scored_run("one", 0.05), scored_run("other", 0.95)], "likelihood")
    np.testing.assert_array_equal(far, [[False, True], [True, False]])


def test_fewer_than_five_recipes_are_refused():
    with pytest.raises(UserError, match="2 of these experiments have scores of different recipes"):
        fidelity(recipes_of({"a": 0.2, "b": 0.8}))
