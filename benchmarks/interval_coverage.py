"""Measure how often 95 % intervals cover the truth and how often equal experiments are called
different.

    PYTHONPATH=src python benchmarks/interval_coverage.py --runs 8000
    # about 15 minutes on one core
    PYTHONPATH=src python benchmarks/interval_coverage.py --runs 8000 --seeds 3 --items 300
    # a sixth of it

Answers are drawn from a crossed probit model: right if seed effect + item effect + noise > 0.
`naive` resamples the seeds themselves, as a plain hierarchical bootstrap does. A false positive is
p < 0.05 between two experiments of one recipe.
"""

from __future__ import annotations

import argparse
import itertools

import numpy as np
from scipy import stats

from bettersynth.evaluation.statistics.intervals import score_interval
from bettersynth.evaluation.statistics.paired import paired_bootstrap

ITEM_SPREAD = 1.0


def draw(
    rng: np.random.Generator, seeds: int, items: np.ndarray, spread: float, shift: float
) -> np.ndarray:
    """Return float 0/1 `[seeds, items]`; `items [items]` are their effects, `spread` the seeds'
    standard deviation.
    """
    return (
        rng.normal(0, spread, (seeds, 1)) + items + rng.normal(size=(seeds, len(items))) > shift
    ).astype(float)


def naive_interval(
    scores: np.ndarray, rng: np.random.Generator, draws: int = 1000
) -> tuple[float, float]:
    seeds, items = scores.shape
    chosen_seeds = rng.multinomial(seeds, np.full(seeds, 1 / seeds), size=draws)
    chosen_items = rng.multinomial(items, np.full(items, 1 / items), size=draws)
    means = (
        np.einsum("ds,si,di->d", chosen_seeds, scores, chosen_items, optimize=True) / scores.size
    )
    low, high = np.quantile(means, [0.025, 0.975])
    return float(low), float(high)


def measure(
    runs: int, seeds: int, items: int, spread: float, level: float, draws: int, with_naive: bool
) -> dict[str, float]:
    """Return coverage, naive coverage, false positives and the spread between seeds (points) of one
    setting.
    """
    rng = np.random.default_rng([seeds, items, round(spread * 100), round(level * 100)])
    shift = stats.norm.ppf(1 - level) * np.sqrt(1 + spread**2 + ITEM_SPREAD**2)
    covered = naive = false = 0
    points = 0.0
    for run in range(runs):
        effects = rng.normal(0, ITEM_SPREAD, items)
        first, second = (draw(rng, seeds, effects, spread, shift) for _ in range(2))
        interval = score_interval(first, run, draws=draws)
        covered += interval.low <= level <= interval.high
        false += paired_bootstrap(first, second, run, draws=draws).p < 0.05
        points += float(first.mean(axis=1).std(ddof=1)) * 100
        if with_naive:
            low, high = naive_interval(first, rng)
            naive += low <= level <= high
    return {
        "coverage": covered / runs,
        "naive": naive / runs,
        "false_positives": false / runs,
        "seed_sd_points": points / runs,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--seeds", type=int, nargs="+", default=[3, 5, 8])
    parser.add_argument("--items", type=int, nargs="+", default=[300, 600])
    parser.add_argument(
        "--draws", type=int, default=1199
    )  # 2 x 1.2 x 25 / 1200 is .05: no p-value is rounded across the level
    parser.add_argument(
        "--naive", action="store_true", help="also measure the plain bootstrap (slow)"
    )
    arguments = parser.parse_args()
    print("seeds items level spread | seed sd (points) coverage naive false positives")
    for seeds, items, level, spread in itertools.product(
        arguments.seeds, arguments.items, (0.45, 0.1), (0.0, 0.05, 0.1, 0.2)
    ):
        got = measure(arguments.runs, seeds, items, spread, level, arguments.draws, arguments.naive)
        naive = f"{got['naive']:.3f}" if arguments.naive else "-"
        print(
            (
                f"{seeds} {items} {level} {spread} | {got['seed_sd_points']:.2f} "
                f"{got['coverage']:.3f} {naive} {got['false_positives']:.3f}"
            ),
            flush=True,
        )


if __name__ == "__main__":
    main()
