"""benchmarks/ladder_table.py: what rungs say of each other."""

from __future__ import annotations

import numpy as np
import pytest
from support.benchmark_scripts import script

table = script("ladder_table")


def drawn(signal: float, noise: float, recipes: int, seeds: int) -> np.ndarray:
    """Return `[recipes, seeds]` with known spreads."""
    rng = np.random.default_rng(0)
    effects = signal * rng.standard_normal((recipes, 1))
    return effects + noise * rng.standard_normal((recipes, seeds))


def test_spreads_of_recipes_and_seeds_are_told_apart():
    found = table.signal_to_noise(drawn(3.0, 1.5, recipes=2000, seeds=2))
    assert found.signal == pytest.approx(3.0, rel=0.05)
    assert found.noise == pytest.approx(1.5, rel=0.05)
    assert found.low < found.ratio < found.high
    assert found.low < 2.0 < found.high


def test_recipes_that_are_alike_have_no_signal_and_an_interval_from_zero():
    ratios = []
    for draw in range(200):
        rng = np.random.default_rng(draw)
        found = table.signal_to_noise(rng.standard_normal((8, 2)))
        ratios.append(found.low > 0)
    # the lower end is above 0 in 2.5 % of such draws
    assert np.mean(ratios) <= 0.07


def test_trainings_that_never_differ_have_no_noise_to_divide_by():
    assert table.signal_to_noise(np.array([[1.0, 1.0], [2.0, 2.0]])) is None
    assert table.signal_to_noise(np.array([[1.0], [2.0]])) is None
    assert table.signal_to_noise(np.array([[1.0, 2.0]])) is None


def scores_of(skills: list[float], seed: int = 0) -> np.ndarray:
    """Return answers `[recipes, 2 seeds, 200 pictures]` of which so many are right."""
    rng = np.random.default_rng(seed)
    return np.array([rng.random((2, 200)) < skill for skill in skills], dtype=float)


SKILLS = [0.1, 0.3, 0.31, 0.5, 0.7, 0.9]


def test_an_order_that_is_kept_has_all_pairs_right_and_one_turned_round_none():
    dear = scores_of(SKILLS)
    kept = table.agreement(dear, dear)
    assert kept.every.right == kept.every.pairs == 15
    assert kept.spearman.value == pytest.approx(1.0)
    # .30 and .31 are not told apart
    assert kept.told.right == kept.told.pairs < 15
    turned = table.agreement(scores_of(SKILLS[::-1], seed=1), dear)
    assert turned.told.right == 0


def test_the_table_names_costs_spreads_and_every_pair_of_rungs():
    scores = {}
    for number, rung in enumerate(("small", "middle", "large")):
        scores[rung] = {metric: scores_of(SKILLS, number) for metric in table.METRICS}
    rungs = table.Rungs(
        recipes=list("abcdef"),
        scores=scores,
        parameters={"small": 332_352, "middle": 1_357_312, "large": 6_219_520},
        seconds={"small": {"a": 40.0, "b": None}, "middle": {"a": 70.0}, "large": {}},
    )
    lines = table.ladder_table(rungs, table.HEADLINE).splitlines()
    assert lines[0] == "6 recipes: a, b, c, d, e, f"
    assert lines[3].split() == ["small", "332,352", "2", "40"]
    assert lines[5].split() == ["large", "6,219,520", "2", "-"]
    spreads = [line for line in lines if line.startswith("likelihood  middle  ")]
    assert len(spreads) == 1
    pairs = [line for line in lines if line.startswith("likelihood") and " - " in line]
    assert [line.split()[1:4] for line in pairs] == [
        ["small", "-", "middle"],
        ["small", "-", "large"],
        ["middle", "-", "large"],
    ]
    assert all("of 15 (" in line for line in pairs)
