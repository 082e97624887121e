"""Values of all samples under every filter of a recipe, and the tables that sum them up."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from bettersynth.measuring.number_rule import finite_items, numbers_of
from bettersynth.recipes.lines import Line

BINS = 32


@dataclass
class Analysis:
    """Values of all samples, column by column, and where they came from. `lines[stat]` is the recipe line that measured a stat."""

    ids: list[str]
    texts: list[str]
    pictures: list[list[str]]
    read: Callable[[str], bytes]
    stats: dict[str, list[Any]]
    lines: dict[str, Line]
    rejected: int = 0

    def items(self, stat: str) -> np.ndarray:
        """Return all numbers of a stat, list values item by item."""
        return finite_items(self.stats[stat])

    def numeric(self) -> list[str]:
        return [stat for stat in self.stats if len(self.items(stat))]


def kept_share(analysis: Analysis, stat: str) -> float:
    """Return the share of samples that the stat's line alone keeps, NaN without a line."""
    line = analysis.lines.get(stat)
    if line is None:
        return float("nan")
    suffix = line.label.removeprefix(line.name)
    values = {
        name: analysis.stats[name + suffix]
        for name in line.operator.STATS
        if name + suffix in analysis.stats
    }
    return float(np.mean(line.operator.keep(values, line.deciding)))


def overview(analysis: Analysis) -> pd.DataFrame:
    """Return one row a stat: number of values, samples without one, mean, deviation (n - 1), ends, and what the recipe keeps."""
    rows = []
    for stat in analysis.stats:
        items = analysis.items(stat)
        line = analysis.lines.get(stat)
        row: dict[str, Any] = {
            "stat": stat,
            "operator": line.label if line else "",
            "values": len(items) or sum(value is not None for value in analysis.stats[stat]),
            "samples_without": sum(value is None or value == [] for value in analysis.stats[stat]),
        }
        some = len(items) > 0
        row |= {
            "mean": items.mean() if some else np.nan,
            "deviation": items.std(ddof=1) if len(items) > 1 else np.nan,
            "min": items.min() if some else np.nan,
            "max": items.max() if some else np.nan,
            "kept": kept_share(analysis, stat),
            "bounds": line.bounds if line else "",
        }
        rows.append(row)
    return pd.DataFrame(rows)


def quantiles(analysis: Analysis, asked: Sequence[float]) -> pd.DataFrame:
    rows = [
        {
            "stat": stat,
            **dict(zip(map(str, asked), np.quantile(analysis.items(stat), asked), strict=True)),
        }
        for stat in analysis.numeric()
    ]
    return pd.DataFrame(rows, columns=["stat", *map(str, asked)])


def histograms(analysis: Analysis) -> pd.DataFrame:
    """Return equal bins over the range of each stat: low edge, high edge, number of values."""
    rows = []
    for stat in analysis.numeric():
        counts, edges = np.histogram(analysis.items(stat), BINS)
        rows += [
            {"stat": stat, "low": low, "high": high, "values": count}
            for (low, high), count in zip(itertools.pairwise(edges), counts, strict=True)
        ]
    return pd.DataFrame(rows, columns=["stat", "low", "high", "values"])


def correlation(analysis: Analysis) -> pd.DataFrame:
    """Return Spearman's rank correlation between stats over samples (a list counts with its mean); constant stats are left out."""
    columns = {stat: numbers_of(analysis.stats[stat]) for stat in analysis.numeric()}
    frame = pd.DataFrame(
        {
            stat: column
            for stat, column in columns.items()
            if len(np.unique(column[~np.isnan(column)])) > 1
        }
    )
    return frame.corr(method="spearman", min_periods=3)


def examples(analysis: Analysis, asked: Sequence[float]) -> pd.DataFrame:
    """Return, for each stat and quantile, the sample whose value (mean of a list) is nearest to it; the first of several."""
    rows = []
    for stat in analysis.numeric():
        column = numbers_of(analysis.stats[stat])
        known = np.flatnonzero(~np.isnan(column))
        for q, value in zip(asked, np.quantile(column[known], asked), strict=True):
            k = int(known[np.argmin(np.abs(column[known] - value))])
            rows.append(
                {
                    "stat": stat,
                    "quantile": q,
                    "value": column[k],
                    "row": k,
                    "id": analysis.ids[k],
                    "text": " ".join(analysis.texts[k].split()),
                }
            )
    return pd.DataFrame(rows, columns=["stat", "quantile", "value", "row", "id", "text"])
