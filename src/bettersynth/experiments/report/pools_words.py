"""What one learns of a study of pools, in words: of each stat, of combining, of each rule."""

from __future__ import annotations

from collections.abc import Sequence

from bettersynth.experiments.studies.arms import Comparison


def learned(comparisons: Sequence[Comparison]) -> list[str]:
    """Return a sentence for each subject of the comparisons, in their order."""
    subjects: dict[str, list[Comparison]] = {}
    for comparison in comparisons:
        subjects.setdefault(comparison.pair.about, []).append(comparison)
    return [f"{subject}: {_sentence(rows)}" for subject, rows in subjects.items()]


def _sentence(rows: Sequence[Comparison]) -> str:
    """Return what is told from chance, and how large a difference the others may hide."""
    told = []
    widths = []
    failed = 0
    for row in rows:
        difference = row.difference
        if difference is None:
            failed += 1
        elif row.is_told:
            way = "gains" if difference.difference > 0 else "loses"
            told.append(
                f"{row.pair.question} {way} {abs(difference.difference):.1f} points "
                f"({difference.low:+.1f} to {difference.high:+.1f}, p {row.adjusted_p:.4f})"
            )
        else:
            widths.append(max(abs(difference.low), abs(difference.high)))
    parts = told
    if widths:
        parts.append(
            f"{len(widths)} of {len(rows)} comparisons are not told from chance, which may hide "
            f"up to {max(widths):.1f} points"
        )
    if failed:
        parts.append(f"{failed} could not be compared, since a recipe failed")
    return f"{'; '.join(parts)}."
