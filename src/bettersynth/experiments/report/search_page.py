"""The page of a search: `results/search/NAME/report.html`, made of its best.json."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from markupsafe import Markup

from bettersynth.data.files.writing import complete_or_absent
from bettersynth.experiments.report.charts import scatter
from bettersynth.experiments.report.templates import filled
from bettersynth.experiments.search.procedure import BASELINE
from bettersynth.experiments.studies.measures import MEASURES


def write_page(best: Mapping[str, Any], winner_file: str, page: Path) -> None:
    """Write the page of the content of a best.json."""
    content = {
        "best": best,
        "winner_file": winner_file,
        "objective": best["objectives"][0],
        "unit": "" if best["objectives"][0] == "total" else " points",
        "over_cost": over_cost(best),
        "ladder": ladder_words(best),
        "settings": _settings(best["steps"]),
        "value_words": value_words,
        "slices": slices(best),
        "front_plot": front_plot(best),
        "steps": [step for step in best["steps"] if not step["failure"]],
        "failures": [step for step in best["steps"] if step["failure"]],
    }
    with complete_or_absent(page) as temporary:
        temporary.write_text(filled("search.html", content), encoding="utf-8")


def _settings(steps: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the names of what varies; what the search starts from has none of its own."""
    return list(dict.fromkeys(name for step in steps for name in step["values"]))


def value_words(value: Any) -> str:
    """Return a setting's value as the table of trials shows it; winner.yaml holds all digits."""
    if value is None:
        return "null"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def over_cost(best: Mapping[str, Any]) -> Markup:
    """Return the first objective of each scored trial over the budget's share spent by then."""
    points = []
    for step in _searched(best["steps"]):
        if step.get("measure"):
            continue
        value = step["scores"][0]
        name = f"{step['candidate']}, {step['visits']} visits, {len(step['seeds'])} seeds"
        points.append((100 * step["spent"], value, value, value, name))
    label = f"{best['objectives'][0]}, seen half"
    return scatter(points, "% of the budget", label, "trials over cost")


def slices(best: Mapping[str, Any]) -> list[tuple[str, Markup]]:
    """Return for each setting what the first rung ranked by over its value, at its fidelity.

    Values that are no numbers stand side by side in the order in which they came up.
    """
    screened = [step for step in _searched(best["steps"]) if step["values"]]
    if not screened:
        return []
    fidelity = _fidelity(screened[0])
    screened = [step for step in screened if _fidelity(step) == fidelity]
    ranked_by = ranking_words(screened[0].get("measure"), best["objectives"][0])
    plots = []
    for setting in screened[0]["values"]:
        values = [step["values"][setting] for step in screened]
        places, label = _places(setting, values)
        points = []
        for step, value, place in zip(screened, values, places, strict=True):
            score = step["scores"][0]
            points.append((place, score, score, score, f"{step['candidate']}: {value}"))
        plots.append((setting, scatter(points, label, ranked_by, setting)))
    return plots


def ranking_words(measure: str | None, objective: str) -> str:
    """Return by what a rung ranks; a measure that is better when small has its sign turned."""
    if measure is None:
        return objective
    about = MEASURES[measure]
    return about.label if about.better > 0 else f"{about.label}, sign turned"


def ladder_words(best: Mapping[str, Any]) -> list[str]:
    """Return a line for each fidelity at which candidates were ranked, in the search's order."""
    lines = []
    seen: list[tuple[Any, ...]] = []
    for step in _searched(best["steps"]):
        fidelity = _fidelity(step)
        if fidelity in seen or step["candidate"] == BASELINE.label:
            continue
        seen.append(fidelity)
        same = [one for one in _searched(best["steps"]) if _fidelity(one) == fidelity]
        names = {one["candidate"] for one in same} - {BASELINE.label}
        seeds = len(step["seeds"])
        lines.append(
            f"{len(names)} candidates at {step['visits']:,} visits, {seeds} "
            f"seed{'' if seeds == 1 else 's'}: by "
            f"{ranking_words(step.get('measure'), best['objectives'][0])}"
        )
    return lines


def _fidelity(step: Mapping[str, Any]) -> tuple[Any, ...]:
    return step["visits"], tuple(step["seeds"]), step.get("measure")


def _places(setting: str, values: Sequence[Any]) -> tuple[list[float], str]:
    """Return where values stand on the axis, and what it is called."""
    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
        return [float(value) for value in values], setting
    kinds: list[Any] = []
    for value in values:
        if value not in kinds:
            kinds.append(value)
    names = ", ".join(f"{place}: {value}" for place, value in enumerate(kinds))
    return [float(kinds.index(value)) for value in values], names


def front_plot(best: Mapping[str, Any]) -> Markup | None:
    """Return the first objective over the second of the front; None of a search for one alone."""
    if len(best["objectives"]) < 2:
        return None
    points = []
    for one in best["front"]:
        first, second = one["scores"][:2]
        points.append((second, first, first, first, one["candidate"]))
    return scatter(points, best["objectives"][1], best["objectives"][0], "the front")


def _searched(steps: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the trials that the search chose by: none that failed, and not the confirmation."""
    chosen = [step for step in steps if not step["failure"] and not step["control"]]
    return [step for step in chosen if step["seeds"][0] == 0]
