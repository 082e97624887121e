"""A comparison in a sentence: who is better, by how much, and what is not shown."""

from __future__ import annotations

from collections.abc import Sequence

from bettersynth.experiments.history.score_differences import SIGNIFICANT, ScoreDifference

BENCHMARKS = {"mmbench": "MMBench", "textvqa": "TextVQA"}


def conclusions(first: str, differences: Sequence[ScoreDifference]) -> list[str]:
    """Return a sentence for each run that is compared with `first`, by its headline scores.

    A difference counts where its p, after Holm over the table, is below 5 %.
    """
    by_run: dict[str, dict[str, ScoreDifference]] = {}
    for row in differences:
        # the headline stands before the same score less the prior
        by_run.setdefault(row.other, {}).setdefault(row.benchmark, row)
    return [_sentence(first, other, rows) for other, rows in by_run.items()]


def _sentence(first: str, other: str, rows: dict[str, ScoreDifference]) -> str:
    shown = []
    unshown = []
    for benchmark, row in rows.items():
        label = BENCHMARKS[benchmark]
        if row.adjusted_p >= SIGNIFICANT:
            unshown.append(label)
        elif row.difference > 0:
            shown.append(f"better on {label} by {row.low:.1f} to {row.high:.1f} points")
        else:
            shown.append(f"worse on {label} by {-row.high:.1f} to {-row.low:.1f} points")
    if not shown:
        return f"No difference is shown between {other} and {first}, on {' or '.join(unshown)}."
    words = f"{other} is {' and '.join(shown)} than {first}"
    if unshown:
        words += f"; no difference is shown on {' or '.join(unshown)}"
    return f"{words}."
