"""The page of `bettersynth audit`: operators by faults, and what each fault looks like."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from bettersynth.experiments.report.sample_part import thumbnail
from bettersynth.experiments.report.templates import filled
from bettersynth.recipes.faults import Sample


def page(
    recipe: str,
    table: pd.DataFrame,
    samples: int,
    examples: Mapping[str, tuple[Sample, Sample]],
    skipped: Mapping[str, str],
) -> str:
    """Return the page, self-contained.

    It shows the audit's `table`, for each fault a good sample beside what became of it, and why
    operators could not run.
    """
    faults = list(dict.fromkeys(table["fault"]))
    rows = []
    for (operator, stat), of_stat in table.groupby(["operator", "stat"], sort=False):
        by_fault = of_stat.set_index("fault")
        first = of_stat.iloc[0]
        row = {
            "operator": operator,
            "stat": stat,
            "cost": f"{first.milliseconds_a_sample:.3g}",
            "good_dropped": _percent(first.good_dropped),
            "cells": [_cell(by_fault.loc[fault]) for fault in faults],
        }
        rows.append(row)
    shown = []
    for name, (good, faulty) in examples.items():
        pair = {"name": name, "good": thumbnail(good.files()[0]), "good_text": good.text}
        pair |= {"picture": thumbnail(faulty.files()[0]), "text": faulty.text}
        shown.append(pair)
    content = {
        "recipe": recipe,
        "samples": samples,
        "faults": faults,
        "rows": rows,
        "skipped": skipped,
        "examples": shown,
    }
    return filled("audit.html", content)


def _percent(share: float) -> str:
    return "–" if np.isnan(share) else f"{100 * share:.0f}"


def _cell(row: Any) -> dict[str, str]:
    """Return a cell; its shade is how well the values, or else the rule, find the fault."""
    known = not np.isnan(row.roc_auc)
    strength = 2 * (row.roc_auc - 0.5) if known else row.recall - row.good_dropped
    return {
        "auc": f"{row.roc_auc:.2f} {row.side}".strip() if known else "",
        "bounds": f"({row.roc_auc_low:.2f}–{row.roc_auc_high:.2f})" if known else "",
        "rule": f"{_percent(row.recall)} / {_percent(row.precision)}",
        "value": f"{strength:.4f}",
        "shade": f"background:rgba(31,102,176,{0.6 * max(0.0, strength):.2f})",
    }
