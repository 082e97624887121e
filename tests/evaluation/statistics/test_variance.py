"""Variance parts come back, and the difference that they let one see is seen."""

from __future__ import annotations

import re

import numpy as np
import pytest

from bettersynth.evaluation.statistics.paired import paired_bootstrap
from bettersynth.evaluation.statistics.variance import (
    Components,
    detectable,
    minimum_detectable_difference,
    seeds_needed,
    variance_components,
)


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
