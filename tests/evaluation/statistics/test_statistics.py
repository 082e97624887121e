"""Intervals, tests and variance parts: exact small cases, and a small simulation of what the numbers promise."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import numpy as np
import pytest

from bettersynth.evaluation.statistics.intervals import combined_interval, score_interval
from bettersynth.evaluation.statistics.paired import holm, mcnemar, paired_bootstrap
from bettersynth.evaluation.statistics.variance import (
    Components,
    detectable,
    minimum_detectable_difference,
    seeds_needed,
    variance_components,
)

SCRIPT = Path(__file__).parents[3] / "benchmarks/interval_coverage.py"


def crossed(
    seeds: int,
    items: int,
    seed_spread: float,
    item_spread: float,
    noise: float,
    rng: np.random.Generator,
) -> np.ndarray:
    """Normal scores around 0.5 with known variances."""
    return (
        0.5
        + rng.normal(0, seed_spread, (seeds, 1))
        + rng.normal(0, item_spread, items)
        + rng.normal(0, noise, (seeds, items))
    )


def test_95_percent_intervals_cover_and_equal_recipes_are_rarely_called_different() -> None:
    spec = importlib.util.spec_from_file_location("interval_coverage", SCRIPT)
    assert spec
    assert spec.loader
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    got = script.measure(
        runs=400, seeds=5, items=300, spread=0.05, level=0.45, draws=1000, with_naive=False
    )
    assert 0.925 <= got["coverage"] <= 0.985  # 95 % and three standard errors of 400 runs
    assert got["false_positives"] <= 0.08  # 5 % and three standard errors


def test_the_interval_is_the_same_every_time_and_moves_with_its_seed() -> None:
    scores = (np.random.default_rng(1).random((5, 200)) < 0.4).astype(float)
    assert score_interval(scores) == score_interval(scores)
    assert score_interval(scores, seed=1) != score_interval(scores)
    interval = score_interval(scores)
    assert interval.low < interval.mean == scores.mean() < interval.high


def test_with_one_seed_the_interval_is_that_of_the_items() -> None:
    scores = (np.random.default_rng(2).random((1, 400)) < 0.5).astype(float)
    interval = score_interval(scores)
    assert interval.high - interval.low == pytest.approx(2 * 1.96 * 0.5 / 20, rel=0.1)


def test_scores_that_never_vary_get_the_exact_binomial_bound() -> None:
    interval = score_interval(np.zeros((3, 100)))
    assert (interval.mean, interval.low) == (0.0, 0.0)
    assert interval.high == pytest.approx(1 - 0.025 ** (1 / 100))
    assert score_interval(np.ones((3, 100))).low == pytest.approx(0.025 ** (1 / 100))


def test_seeds_shared_by_two_benchmarks_do_not_average_out() -> None:
    rng = np.random.default_rng(3)
    shared = rng.normal(0, 0.2, (5, 1))
    parts = [np.clip(0.5 + shared + rng.normal(0, 0.01, (5, 50)), 0, 1) for _ in range(2)]
    one, both = (
        combined_interval([(parts[0], 1.0)]),
        combined_interval([(parts[0], 0.5), (parts[1], 0.5)]),
    )
    assert both.high - both.low == pytest.approx(one.high - one.low, rel=0.05)


def test_a_real_difference_is_found_and_the_same_predictions_have_none() -> None:
    rng = np.random.default_rng(4)
    effects = rng.normal(size=400)
    first = (effects + rng.normal(size=(5, 400)) > 0).astype(float)
    second = (effects + 0.6 + rng.normal(size=(5, 400)) > 0).astype(float)
    test = paired_bootstrap(first, second)
    assert test.p < 0.01
    assert 0 < test.low < test.difference < test.high
    assert paired_bootstrap(first, first).p == 1.0
    with pytest.raises(ValueError, match="differ in seeds or items"):
        paired_bootstrap(first, second[:4])


def test_mcnemar_is_the_exact_sign_test_of_the_discordant_items() -> None:
    first = np.array([True] * 8 + [False] * 2 + [True] * 20)
    second = np.array([False] * 8 + [True] * 2 + [True] * 20)
    only_first, only_second, p = mcnemar(first, second)
    assert (only_first, only_second) == (8, 2)
    assert p == pytest.approx(2 * (1 + 10 + 45) / 1024)
    assert mcnemar(first, first) == (0, 0, 1.0)


def test_holm_steps_down_and_keeps_the_order() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.9, 0.8]) == pytest.approx([1.0, 1.0])
    assert holm([]) == []


def test_variance_parts_come_back_as_they_were_put_in() -> None:
    rng = np.random.default_rng(5)
    parts = variance_components(crossed(60, 400, 0.1, 0.2, 0.3, rng))
    assert parts.seed == pytest.approx(0.01, rel=0.4)
    assert parts.item == pytest.approx(0.04, rel=0.15)
    assert parts.rest == pytest.approx(0.09, rel=0.05)
    assert sum(parts.shares().values()) == pytest.approx(1.0)
    assert variance_components(np.full((3, 10), 0.5)).shares() == {
        "seed": 0.0,
        "item": 0.0,
        "rest": 0.0,
    }


def test_the_detectable_difference_is_found_four_times_in_five() -> None:
    parts = Components(seed=0.0004, item=0.1, rest=0.12, seeds=5, items=200)
    smallest = minimum_detectable_difference(parts, 5)
    rng = np.random.default_rng(6)
    found = 0
    for run in range(120):
        items = rng.normal(0, 0.1**0.5, 200)
        first, second = (
            items + rng.normal(0, 0.02, (5, 1)) + rng.normal(0, 0.12**0.5, (5, 200))
            for _ in range(2)
        )
        found += paired_bootstrap(first, second + smallest, run, draws=400).p < 0.05
    assert 0.65 <= found / 120 <= 0.92
    assert minimum_detectable_difference(parts, 12) < smallest
    needed = seeds_needed(parts, 0.01)
    assert needed
    assert (
        minimum_detectable_difference(parts, needed)
        <= 0.01
        < minimum_detectable_difference(parts, needed - 1)
    )
    assert minimum_detectable_difference(parts, 1) == float("inf")
    sentence = detectable(parts)
    assert (
        f"with 5 seeds you can see {100 * smallest:.1f} points, for 1 point run {needed};"
        in sentence
    )
    assert sum(int(word) for word in re.findall(r"(\d+) %", sentence)) in (99, 100, 101)
    assert "no difference can be seen, 1 point takes more than 200" in detectable(
        Components(0.5, 0.1, 0.1, 2, 20)
    )
