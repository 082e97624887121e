"""How cheap measures rank recipes, as one page that is complete in itself."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from markupsafe import Markup

from bettersynth.data.files.writing import complete_or_absent
from bettersynth.experiments.report.charts import scatter
from bettersynth.experiments.report.templates import filled
from bettersynth.experiments.studies.cheap_runs import Recipes
from bettersynth.experiments.studies.fidelity import (
    Fidelity,
    FidelityRow,
    pairs_words,
    spearman_words,
)


class Figure(NamedTuple):
    """A chart and what stands above it."""

    caption: str
    chart: Markup


def write_fidelity_page(result: Fidelity, recipes: Recipes, page: Path) -> None:
    """Write the page of how each measure agrees with the full score."""
    content = {
        "result": result,
        "best": best_rows(result),
        "figures": [*_agreement_figures(result), *_measure_figures(result, recipes)],
        "pairs_words": pairs_words,
        "spearman_words": spearman_words,
    }
    with complete_or_absent(page) as temporary:
        temporary.write_text(filled("fidelity.html", content), encoding="utf-8")


def best_rows(result: Fidelity) -> list[FidelityRow]:
    """Return the row with the most pairs right of each number of visits, the fewest visits first.

    None of visits where no pair is told apart.
    """
    best: dict[int, FidelityRow] = {}
    for row in result.rows:
        # the rows of equal visits stand with the best first
        if row.agreement is not None:
            best.setdefault(row.visits, row)
    return list(best.values())


def visits_words(row: FidelityRow) -> str:
    """Return after how many visits a row was measured."""
    return f"{row.visits:,} visits" if row.visits else "all visits"


def _agreement_figures(result: Fidelity) -> list[Figure]:
    points = []
    for row in result.rows:
        if row.agreement is None or row.cpu_seconds is None:
            continue
        agreement = row.agreement
        name = f"{row.label}, {visits_words(row)}: {pairs_words(agreement)}"
        points.append((row.cpu_seconds, agreement.share, agreement.low, agreement.high, name))
    if not points:
        return []
    chart = scatter(points, "CPU seconds a recipe", "share of pairs right", "agreement over cost")
    return [Figure("Every measure: pairs right over its cost", chart)]


def _measure_figures(result: Fidelity, recipes: Recipes) -> list[Figure]:
    """Return, for the best measure of each number of visits, its values against MMBench."""
    figures = []
    for row in best_rows(result):
        points = []
        for run in recipes.cheap:
            if run.visits != row.visits:
                continue
            score = recipes.full[run.recipe].score
            full = float(score["mmbench"])
            low = float(score.get("mmbench_low", full))
            high = float(score.get("mmbench_high", full))
            points.append((run.stage_one.values[row.measure], full, low, high, run.recipe))
        caption = f"{row.label}, {visits_words(row)}"
        figures.append(Figure(caption, scatter(points, row.label, "MMBench, %", caption)))
    return figures
