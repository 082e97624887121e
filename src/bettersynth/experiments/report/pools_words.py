"""What one learns of a study of pools, in words: of each stat, of combining, of each rule."""

from __future__ import annotations

from collections.abc import Sequence

from bettersynth.experiments.history.score_differences import ScoreDifference
from bettersynth.experiments.studies.arms import Comparison


def learned(comparisons: Sequence[Comparison]) -> list[str]:
    """Return a sentence for each subject of the comparisons, in their order."""
    subjects: dict[str, list[Comparison]] = {}
    for comparison in comparisons:
        subjects.setdefault(comparison.pair.about, []).append(comparison)
    return [f"{subject}: {_sentence(rows)}" for subject, rows in subjects.items()]


def _sentence(rows: Sequence[Comparison]) -> str:
    """Return what is told from chance, and what of the rest came nearest to it."""
    parts = []
    untold = []
    failed = 0
    for row in rows:
        if row.difference is None:
            failed += 1
        elif row.is_told:
            parts.append(f"{row.pair.question} {_numbers(row.difference)}, p {row.adjusted_p:.4f}")
        else:
            untold.append((row.difference.p, row.pair.question, row.difference))
    if untold:
        # of equal p the first
        _, question, difference = min(untold, key=lambda row: row[0])
        parts.append(
            f"{len(untold)} of {len(rows)} comparisons are not told from chance; the nearest: "
            f"{question} {_numbers(difference)}"
        )
    if failed:
        parts.append(f"{failed} could not be compared, since a recipe failed")
    return f"{'; '.join(parts)}."


def _numbers(difference: ScoreDifference) -> str:
    way = "gains" if difference.difference >= 0 else "loses"
    interval = f"{difference.low:+.1f} to {difference.high:+.1f}"
    return f"{way} {abs(difference.difference):.1f} points ({interval})"
