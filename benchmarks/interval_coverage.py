"""Measure how often 95 % intervals cover the truth and how often equal experiments are called
different.

    PYTHONPATH=src python benchmarks/interval_coverage.py --runs 8000
    # about 15 minutes on one core
    PYTHONPATH=src python benchmarks/interval_coverage.py --runs 8000 --seeds 3 --items 300
    # a sixth of it
    PYTHONPATH=src python benchmarks/interval_coverage.py --runs 2000 --questions 4 --shared 0.6
    # questions on one picture: that share of an item's effect is the picture's

Answers are drawn from a crossed probit model: right if seed effect + item effect + noise > 0. With
several questions a picture, `--shared` of the items' variance, and of the noise's in one seed, is
what all questions on the picture have in common; `by question` is what the interval and the false
positives are when each question counts as an item of its own. Pictures have 1 to 2 x `--questions`
- 1 questions.
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
from bettersynth.evaluation.statistics.pictures import by_picture

ITEM_SPREAD = 1.0


def draw(
    rng: np.random.Generator,
    seeds: int,
    items: np.ndarray,
    spread: float,
    shift: float,
    pictures: np.ndarray,
    shared: float,
) -> np.ndarray:
    """Return float 0/1 `[seeds, items]`; `items [items]` are their effects, `spread` the seeds'
    standard deviation, `shared` the share of the noise that is one picture's.
    """
    of_seeds = rng.normal(0, spread, (seeds, 1))
    noise = np.sqrt(1 - shared) * rng.normal(size=(seeds, len(items)))
    if shared:
        noise += np.sqrt(shared) * rng.normal(size=(seeds, pictures.max() + 1))[:, pictures]
    return (of_seeds + items + noise > shift).astype(float)


def pictures_of(rng: np.random.Generator, items: int, questions: int) -> np.ndarray:
    """Return the picture of each item, int `[items]` and ascending.

    A picture has 1 to 2 x `questions` - 1 items.
    """
    if questions == 1:
        return np.arange(items)
    sizes = rng.integers(1, 2 * questions, items)
    return np.repeat(np.arange(items), sizes)[:items]


def naive_interval(
    scores: np.ndarray, rng: np.random.Generator, draws: int = 1000
) -> tuple[float, float]:
    """Return the 95 % interval of the mean of `scores [seeds, items]` that takes questions of one
    picture for independent.
    """
    seeds, items = scores.shape
    chosen_seeds = rng.multinomial(seeds, np.full(seeds, 1 / seeds), size=draws)
    chosen_items = rng.multinomial(items, np.full(items, 1 / items), size=draws)
    means = (
        np.einsum("ds,si,di->d", chosen_seeds, scores, chosen_items, optimize=True) / scores.size
    )
    low, high = np.quantile(means, [0.025, 0.975])
    return float(low), float(high)


def measure(
    runs: int,
    seeds: int,
    items: int,
    spread: float,
    level: float,
    draws: int,
    with_naive: bool,
    questions: int = 1,
    shared: float = 0.0,
) -> dict[str, float]:
    """Return coverage, naive coverage, false positives, the spread between seeds (points), and what
    counting each question as an item gives, of one setting.
    """
    rng = np.random.default_rng([seeds, items, round(spread * 100), round(level * 100)])
    shift = stats.norm.ppf(1 - level) * np.sqrt(1 + spread**2 + ITEM_SPREAD**2)
    totals = dict.fromkeys(
        (
            "coverage",
            "naive",
            "false_positives",
            "seed_sd_points",
            "question_coverage",
            "question_false_positives",
        ),
        0.0,
    )
    for run in range(runs):
        pictures = pictures_of(rng, items, questions)
        effects = rng.normal(0, ITEM_SPREAD * np.sqrt(1 - shared), items)
        if shared:
            effects += rng.normal(0, ITEM_SPREAD * np.sqrt(shared), items)[pictures]
        first, second = (
            draw(rng, seeds, effects, spread, shift, pictures, shared) for _ in range(2)
        )
        both = [by_picture(scores, pictures) for scores in (first, second)]
        interval = score_interval(both[0], run, draws=draws)
        totals["coverage"] += interval.low <= level <= interval.high
        totals["false_positives"] += paired_bootstrap(*both, run, draws=draws).p < 0.05
        totals["seed_sd_points"] += float(first.mean(axis=1).std(ddof=1)) * 100 if seeds > 1 else 0
        if questions > 1:
            interval = score_interval(first, run, draws=draws)
            totals["question_coverage"] += interval.low <= level <= interval.high
            false = paired_bootstrap(first, second, run, draws=draws).p < 0.05
            totals["question_false_positives"] += false
        if with_naive:
            low, high = naive_interval(first, rng)
            totals["naive"] += low <= level <= high
    return {name: total / runs for name, total in totals.items()}


def main() -> None:
    """Print how often each interval holds the true score."""
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
    parser.add_argument("--questions", type=int, default=1, help="mean questions on one picture")
    parser.add_argument("--shared", type=float, default=0.0, help="share that is the picture's")
    arguments = parser.parse_args()
    print("seeds items level spread | seed sd (points) coverage naive false positives", end=" ")
    print("| coverage, false positives by question")
    for seeds, items, level, spread in itertools.product(
        arguments.seeds, arguments.items, (0.45, 0.1), (0.0, 0.05, 0.1, 0.2)
    ):
        got = measure(
            arguments.runs,
            seeds,
            items,
            spread,
            level,
            arguments.draws,
            arguments.naive,
            arguments.questions,
            arguments.shared,
        )
        naive = f"{got['naive']:.3f}" if arguments.naive else "-"
        line = f"{seeds} {items} {level} {spread} | {got['seed_sd_points']:.2f} "
        line += f"{got['coverage']:.3f} {naive} {got['false_positives']:.3f}"
        if arguments.questions > 1:
            line += f" | {got['question_coverage']:.3f} {got['question_false_positives']:.3f}"
        print(line, flush=True)


if __name__ == "__main__":
    main()
