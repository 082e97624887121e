"""Arms of a study: their settings, and how they compare."""

from __future__ import annotations

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser
from support.pool_arms import ended_arm

from bettersynth.errors import UserError
from bettersynth.experiments.search.space import hydra_value
from bettersynth.experiments.studies.arms import (
    Pair,
    compare_pairs,
    require_score,
)


@pytest.mark.parametrize(
    "recipe",
    [
        [],
        [{"image_deduplicator": {}}],
        [{"text_length_filter": {"min_len": 30, "max_len": 1.5, "on": True, "none": None}}],
        [{"words_replace": {"text": 'a "quoted", {odd} [text]: ${not.a.setting}'}}],
    ],
)
def test_hydra_reads_a_recipe_as_it_is(recipe):
    parser = OverridesParser.create()
    override = parser.parse_override(f"filter.recipe={hydra_value(recipe)}")
    assert override.value() == recipe


def test_pairs_are_compared_on_the_unseen_half_with_holm_over_all():
    results = {name: ended_arm(name, skill) for name, skill in (("a", 0.05), ("b", 0.95))}
    results["lost"] = ended_arm("lost", None)
    pairs = [Pair("b", "a", "b beside a"), Pair("a", "a", "same"), Pair("lost", "a", "lost")]
    better, same, failed = compare_pairs(results, pairs)
    assert better.difference.difference > 50
    # a second pair was tested; a failed one is no test
    assert better.adjusted_p == pytest.approx(2 * better.difference.p)
    assert same.difference.difference == 0
    assert failed.difference is None
    assert not failed.is_told
    # ten questions of the half, twenty of the whole
    assert results["b"].score("unseen").low < results["b"].score("unseen").high


def test_a_failed_arm_has_no_score():
    failed = ended_arm("lost", None)
    assert failed.score("seen") is None
    with pytest.raises(UserError, match="the arm lost failed: no sample is left"):
        require_score(failed)
