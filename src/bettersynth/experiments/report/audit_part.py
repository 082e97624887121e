"""The page of `bettersynth audit`: a table of operators by faults, and what each fault looks like."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from typing import Any

import jinja2
import numpy as np
import pandas as pd
from markupsafe import Markup

from bettersynth.experiments.report.sample_part import thumbnail
from bettersynth.recipes.faults import Sample


def page(
    recipe: str,
    table: pd.DataFrame,
    samples: int,
    examples: Mapping[str, Sample],
    skipped: Mapping[str, str],
) -> str:
    """Return the page, self-contained: the audit's table, one sample with each fault, and why operators could not run."""
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True
    )
    folder = files("bettersynth.experiments.report")
    template = environment.from_string(folder.joinpath("audit.html").read_text(encoding="utf-8"))
    parts = {
        name: Markup(folder.joinpath(name).read_text(encoding="utf-8"))
        for name in ("style.css", "sort.js")
    }
    faults = list(dict.fromkeys(table["fault"]))
    rows = []
    for (operator, stat), part in table.groupby(["operator", "stat"], sort=False):
        cells = part.set_index("fault")
        first = part.iloc[0]
        rows.append(
            {
                "operator": operator,
                "stat": stat,
                "cost": f"{first.milliseconds_a_sample:.3g}",
                "good_dropped": _percent(first.good_dropped),
                "cells": [_cell(cells.loc[fault]) for fault in faults],
            }
        )
    shown = [
        {"name": name, "text": sample.text, "picture": thumbnail(sample.files()[0])}
        for name, sample in examples.items()
    ]
    return template.render(
        recipe=recipe,
        samples=samples,
        faults=faults,
        rows=rows,
        skipped=skipped,
        examples=shown,
        style=parts["style.css"],
        script=parts["sort.js"],
    )


def _percent(value: float) -> str:
    return "–" if np.isnan(value) else f"{100 * value:.0f}"


def _cell(row: Any) -> dict[str, str]:
    known = not np.isnan(row.roc_auc)
    strength = 2 * (row.roc_auc - 0.5) if known else row.recall - row.good_dropped
    return {
        "auc": f"{row.roc_auc:.2f} {row.side}".strip() if known else "",
        "rule": f"{_percent(row.recall)} / {_percent(row.precision)}",
        "value": f"{strength:.4f}",
        "shade": f"background:rgba(31,102,176,{0.6 * max(0.0, strength):.2f})",
    }
