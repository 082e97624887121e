"""The page of `bettersynth analyze`: distributions, quantiles, correlations, examples."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from bettersynth.data.pictures.decoding import BadImage
from bettersynth.data.samples.text_form import caption_of_text
from bettersynth.errors import UserError
from bettersynth.experiments.report import charts
from bettersynth.experiments.report.sample_part import thumbnail
from bettersynth.experiments.report.stat_views import bounds_of, label_of
from bettersynth.experiments.report.templates import filled
from bettersynth.measuring.number_rule import numbers_of
from bettersynth.recipes.analysis import Analysis, beside_bound, funnel

CAPTION_CHARACTERS = 160
MOST_WORDS = 12
# samples on each side of a bound
AT_BOUND = 4


def page(analysis: Analysis, tables: Mapping[str, pd.DataFrame], source: str) -> str:
    """Return the page, self-contained, the same bytes for the same analysis."""
    overview = []
    for row in tables["overview"].to_dict("records"):
        overview.append({name: _shown(value) for name, value in row.items()})
    quantile_rows = []
    for stat, *values in tables["quantiles"].itertuples(index=False):
        quantile_rows.append([stat, *map(_shown, values)])
    content = {
        "source": source,
        "samples": len(analysis.ids),
        "rejected": analysis.rejected,
        "overview": overview,
        "quantiles": tables["quantiles"].columns[1:].tolist(),
        "quantile_rows": quantile_rows,
        "figures": [_figure(analysis, stat) for stat in analysis.numeric()],
        "correlation": _heat(tables["correlation"]),
        "words": _words(analysis),
        "funnel": funnel(analysis),
        "examples": _examples(analysis, tables["examples"]),
        "edges": _edges(analysis),
    }
    return filled("analysis.html", content)


def _shown(value: Any) -> str:
    if isinstance(value, float):
        return _shown_float(value)
    return f"{value:,}" if isinstance(value, int) else str(value)


def _shown_float(value: float) -> str:
    if np.isnan(value):
        return "–"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def _figure(analysis: Analysis, stat: str) -> dict[str, Any]:
    line = analysis.lines.get(stat)
    label = label_of(stat)
    bounds = bounds_of(line, stat) if line else []
    return {
        "label": label,
        "bounds": line.bounds if line else "no rule",
        "chart": charts.histogram(analysis.items(stat), np.empty(0), bounds, label),
    }


def _heat(table: pd.DataFrame) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return rows of (stat, [(shown, background)]) of a correlation table `[stats, stats]`."""
    rows = []
    for stat, values in table.iterrows():
        rows.append((str(stat), [_heat_cell(value) for value in values]))
    return rows


def _heat_cell(value: float) -> tuple[str, str]:
    if np.isnan(value):
        return "", ""
    colour = "31,102,176" if value >= 0 else "180,67,15"
    return f"{value:.2f}", f"background:rgba({colour},{0.6 * abs(value):.2f})"


def _words(analysis: Analysis) -> list[tuple[str, list[tuple[str, int]]]]:
    """Return the most frequent values of stats that are words, such as languages."""
    stats = []
    for stat, column in analysis.stats.items():
        if not any(isinstance(value, str) for value in column):
            continue
        counts = pd.Series(column).value_counts().head(MOST_WORDS)
        frequent = [(str(value), int(count)) for value, count in counts.items()]
        stats.append((stat, frequent))
    return stats


def _examples(analysis: Analysis, table: pd.DataFrame) -> list[tuple[str, list[dict[str, str]]]]:
    """Return (stat, [a sample at each quantile]); a sample's picture is decoded once."""
    pictures: dict[int, str] = {}
    examples: dict[str, list[dict[str, str]]] = {}
    for row in table.to_dict("records"):
        position = int(row["row"])
        if position not in pictures:
            pictures[position] = _picture(analysis, position)
        entry = {
            "quantile": f"{100 * row['quantile']:g} %",
            "value": _shown(row["value"]),
            "id": row["id"],
            "caption": _cut(caption_of_text(row["text"])),
            "picture": pictures[position],
        }
        examples.setdefault(row["stat"], []).append(entry)
    return list(examples.items())


def _edges(analysis: Analysis) -> list[tuple[str, list[dict[str, str]]]]:
    """Return (stat and bound, [the samples on its two sides]) of every finite bound."""
    edges = []
    for stat in analysis.numeric():
        line = analysis.lines.get(stat)
        for bound in bounds_of(line, stat) if line else []:
            if not np.isfinite(bound):
                continue
            entries = []
            for row in beside_bound(analysis.stats[stat], bound, AT_BOUND):
                value = float(numbers_of([analysis.stats[stat][row]])[0])
                side = "below" if value < bound else "from it up"
                entries.append(_entry(analysis, row, side, value))
            edges.append((f"{label_of(stat)} at {_shown(float(bound))}", entries))
    return edges


def _entry(analysis: Analysis, row: int, head: str, value: float) -> dict[str, str]:
    return {
        "quantile": head,
        "value": _shown(value),
        "id": analysis.ids[row],
        "caption": _cut(caption_of_text(analysis.texts[row])),
        "picture": _picture(analysis, row),
    }


def _cut(caption: str) -> str:
    if len(caption) <= CAPTION_CHARACTERS:
        return caption
    return caption[:CAPTION_CHARACTERS] + "…"


def _picture(analysis: Analysis, position: int) -> str:
    """Return the first picture of a sample as a data URI, "" if there is none to show."""
    names = analysis.pictures[position]
    if not names:
        return ""
    try:
        return thumbnail(analysis.read(names[0]))
    except (OSError, BadImage, UserError):
        return ""
