"""What parts of a pool are worth, as one page that is complete in itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from bettersynth.data.files.writing import complete_or_absent
from bettersynth.evaluation.scoring.lent_spread import training_part
from bettersynth.evaluation.statistics.intervals import Interval
from bettersynth.experiments.report.templates import filled
from bettersynth.experiments.studies.arms import ArmResult, Comparison
from bettersynth.settings.pools import PoolsSettings


def write_pools_page(
    name: str,
    settings: PoolsSettings,
    results: Mapping[str, ArmResult],
    comparisons: Sequence[Comparison],
    page: Path,
) -> None:
    """Write the page of all arms and comparisons."""
    content = {
        "name": name,
        "settings": settings,
        "results": list(results.values()),
        "comparisons": comparisons,
        "learned": learned(comparisons),
        "training": training_part(len(settings.seeds), False),
        "interval_words": interval_words,
    }
    with complete_or_absent(page) as temporary:
        temporary.write_text(filled("pools.html", content), encoding="utf-8")


def learned(comparisons: Sequence[Comparison]) -> list[str]:
    """Return in a sentence each what is told apart, and last how much is not."""
    sentences = []
    for comparison in comparisons:
        difference = comparison.difference
        if difference is None or not comparison.is_told:
            continue
        way = "gains" if difference.difference > 0 else "loses"
        sentences.append(
            f"{comparison.pair.question}: {way} {abs(difference.difference):.1f} points "
            f"({difference.low:+.1f} to {difference.high:+.1f}), p {comparison.adjusted_p:.4f}."
        )
    left = len(comparisons) - len(sentences)
    if left:
        sentences.append(
            f"{left} of {len(comparisons)} comparisons are not told from chance; that is no proof "
            "of equality: their intervals say how large a difference may be hidden."
        )
    return sentences


def interval_words(score: Interval | None) -> str:
    """Return a score in percent with its interval."""
    if score is None:
        return "–"
    return f"{100 * score.mean:.1f} ({100 * score.low:.1f}–{100 * score.high:.1f})"
