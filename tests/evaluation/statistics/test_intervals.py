"""Intervals: exact small cases, and a small simulation of what they promise."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from bettersynth.evaluation.statistics.intervals import combined_interval, score_interval

SCRIPT = Path(__file__).parents[3] / "benchmarks/interval_coverage.py"


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


def test_one_seed_may_borrow_the_spread_of_others() -> None:
    items = np.arange(300)
    one = (items[None, :] % 2).astype(float)
    spread = np.stack([items < share * 300 for share in (0.45, 0.5, 0.55)]).astype(float)
    own = score_interval(one)
    lent = score_interval(one, spread_of=spread)
    assert lent.low < own.low < own.high < lent.high
    # several seeds need nothing lent
    assert score_interval(spread, spread_of=spread) == score_interval(spread)
    with pytest.raises(ValueError, match="one seed shows no spread"):
        score_interval(one, spread_of=one)
