"""What parts of a pool are worth, as one page that is complete in itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from markupsafe import Markup

from bettersynth.data.files.writing import complete_or_absent
from bettersynth.evaluation.scoring.lent_spread import training_part
from bettersynth.evaluation.statistics.intervals import Interval
from bettersynth.experiments.report.charts import scatter
from bettersynth.experiments.report.pools_words import learned
from bettersynth.experiments.report.templates import filled
from bettersynth.experiments.studies.arms import Arm, ArmResult, Comparison
from bettersynth.experiments.studies.pools import Study
from bettersynth.settings.pools import PoolsSettings


def write_pools_page(name: str, settings: PoolsSettings, study: Study, page: Path) -> None:
    """Write the page of all arms and comparisons."""
    spread, confirm = settings.seed_spread, settings.confirm

    def visits_words(arm: Arm) -> str:
        visits = arm.visits or settings.visits
        return f"{visits:,}" if visits else "the experiment's"

    content = {
        "name": name,
        "settings": settings,
        "ranked": ranked(study.results),
        "comparisons": study.comparisons,
        "learned": learned(study.comparisons),
        "figure": differences_figure(study.comparisons),
        "training": training_part(len(settings.seeds), spread is not None),
        "confirmed_training": training_part(len(confirm.seeds), False) if confirm else "",
        "visits_words": visits_words,
        "cpu_seconds": study.shared_seconds
        + sum(result.cpu_seconds for result in study.results.values()),
        "interval_words": interval_words,
    }
    with complete_or_absent(page) as temporary:
        temporary.write_text(filled("pools.html", content), encoding="utf-8")


def ranked(results: Mapping[str, ArmResult]) -> list[ArmResult]:
    """Return the arms with the best score of the unseen half first, and those that failed last."""
    scored = []
    for result in results.values():
        score = result.score("unseen")
        scored.append((-1.0 if score is None else score.mean, result))
    scored.sort(key=lambda row: -row[0])
    return [result for _, result in scored]


def differences_figure(comparisons: Sequence[Comparison]) -> Markup | None:
    """Return each comparison's difference with its interval, by its number in the table.

    None where every comparison failed.
    """
    points = []
    for number, row in enumerate(comparisons, start=1):
        if row.difference is not None:
            values = (row.difference.difference, row.difference.low, row.difference.high)
            points.append((float(number), *values, row.pair.question))
    if not points:
        return None
    return scatter(points, "comparison", "difference in points", "every difference")


def interval_words(score: Interval | None) -> str:
    """Return a score in percent with its interval."""
    if score is None:
        return "–"
    return f"{100 * score.mean:.1f} ({100 * score.low:.1f}–{100 * score.high:.1f})"
