import numpy as np
import pytest
from support.small_columns import column
from support.small_pool import write_pool

from bettersynth.errors import UserError
from bettersynth.recipes.controls import draw_as_many, drop_planted
from bettersynth.recipes.decisions import undecided


@pytest.fixture(autouse=True)
def _in_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_the_oracle_drops_the_planted_and_needs_to_know_them():
    ids = column(*write_pool(["a", "b", "c"]))
    with pytest.raises(UserError, match="filter.oracle needs data/pool/planted.parquet"):
        drop_planted(undecided(3), ids)
    write_pool(["a", "b", "c"], planted=[False, True, False])
    decisions = undecided(3)
    drop_planted(decisions, ids)
    assert list(decisions.rule) == ["", "oracle", ""]
    assert decisions.surviving == {"oracle": 2}


def test_a_random_draw_has_the_size_and_depends_on_the_seed_alone():
    decisions = undecided(50)
    decisions.drop(np.arange(30), "words_num_filter", "")
    drawn = draw_as_many(decisions, 0)
    assert drawn.kept.sum() == 20
    assert drawn.kept.tolist() == draw_as_many(decisions, 0).kept.tolist()
    assert drawn.kept.tolist() != draw_as_many(decisions, 1).kept.tolist()
    assert drawn.kept[:30].any()


def test_a_random_draw_takes_none_of_what_is_not_judged_and_keeps_it():
    judged = np.arange(50) < 40
    decisions = undecided(50, judged)
    decisions.drop(np.arange(30), "words_num_filter", "")
    drawn = draw_as_many(decisions, 0)
    assert drawn.kept[40:].all()
    assert drawn.kept[:40].sum() == 10
