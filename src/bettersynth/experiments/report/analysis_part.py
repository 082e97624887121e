"""The page of `bettersynth analyze`: distributions with their bounds, quantiles, correlations, a sample at each quantile."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from typing import Any

import jinja2
import numpy as np
import pandas as pd
from markupsafe import Markup

from bettersynth.data.pictures.images import BadImage
from bettersynth.data.samples.text_form import caption_of_text
from bettersynth.errors import UserError
from bettersynth.experiments.report import charts
from bettersynth.experiments.report.data_part import STAT_LABELS, bounds_of
from bettersynth.experiments.report.sample_part import thumbnail
from bettersynth.recipes.analysis import Analysis

CAPTION_CHARACTERS = 160


def page(analysis: Analysis, tables: Mapping[str, pd.DataFrame], source: str) -> str:
    """Return the page, self-contained, the same bytes for the same analysis."""
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True
    )
    folder = files("bettersynth.experiments.report")
    template = environment.from_string(folder.joinpath("analysis.html").read_text(encoding="utf-8"))
    parts = {
        name: Markup(folder.joinpath(name).read_text(encoding="utf-8"))
        for name in ("style.css", "sort.js")
    }
    return template.render(
        source=source,
        samples=len(analysis.ids),
        rejected=analysis.rejected,
        overview=[
            {name: _shown(value) for name, value in row.items()}
            for row in tables["overview"].to_dict("records")
        ],
        quantiles=tables["quantiles"].columns[1:].tolist(),
        quantile_rows=[
            [row[0], *map(_shown, row[1:])] for row in tables["quantiles"].itertuples(index=False)
        ],
        figures=[_figure(analysis, stat) for stat in analysis.numeric()],
        correlation=_heat(tables["correlation"]),
        words=_words(analysis),
        examples=_examples(analysis, tables["examples"]),
        style=parts["style.css"],
        script=parts["sort.js"],
    )


def _shown(value: Any) -> str:
    if isinstance(value, float):
        return "–" if np.isnan(value) else f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _figure(analysis: Analysis, stat: str) -> dict[str, Any]:
    line = analysis.lines.get(stat)
    label = STAT_LABELS.get(stat, stat.replace("_", " "))
    bounds = bounds_of(line, stat.partition("#")[0]) if line else []
    return {
        "label": label,
        "bounds": line.bounds if line else "no rule",
        "chart": charts.histogram(analysis.items(stat), np.empty(0), bounds, label),
    }


def _heat(table: pd.DataFrame) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return rows of (stat, [(shown, background)])."""
    rows = []
    for stat, row in table.iterrows():
        cells = []
        for value in row:
            colour = "31,102,176" if value >= 0 else "180,67,15"
            shade = "" if np.isnan(value) else f"background:rgba({colour},{0.6 * abs(value):.2f})"
            cells.append(("" if np.isnan(value) else f"{value:.2f}", shade))
        rows.append((str(stat), cells))
    return rows


def _words(analysis: Analysis) -> list[tuple[str, list[tuple[str, int]]]]:
    """Return the most frequent values of stats that are words, such as languages."""
    found = []
    for stat, column in analysis.stats.items():
        if any(isinstance(value, str) for value in column):
            found.append(
                (
                    stat,
                    [
                        (str(value), int(count))
                        for value, count in pd.Series(column).value_counts().head(12).items()
                    ],
                )
            )
    return found


def _examples(analysis: Analysis, table: pd.DataFrame) -> list[tuple[str, list[dict[str, str]]]]:
    pictures: dict[int, str] = {}
    found: dict[str, list[dict[str, str]]] = {}
    for row in table.to_dict("records"):
        k = int(row["row"])
        if k not in pictures:
            pictures[k] = _picture(analysis, k)
        caption = caption_of_text(row["text"])
        shown = (
            caption if len(caption) <= CAPTION_CHARACTERS else caption[:CAPTION_CHARACTERS] + "…"
        )
        entry = {
            "quantile": f"{100 * row['quantile']:g} %",
            "value": _shown(row["value"]),
            "id": row["id"],
            "caption": shown,
            "picture": pictures[k],
        }
        found.setdefault(row["stat"], []).append(entry)
    return list(found.items())


def _picture(analysis: Analysis, k: int) -> str:
    """Return the first picture of a sample as a data URI, "" if there is none to show."""
    try:
        return thumbnail(analysis.read(analysis.pictures[k][0])) if analysis.pictures[k] else ""
    except (OSError, BadImage, UserError):
        return ""
