"""Values of all samples under every filter of a recipe, and the tables that sum them up."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from bettersynth.measuring.number_rule import finite_items, numbers_of
from bettersynth.measuring.protocols import Values
from bettersynth.recipes.lines import Line
from bettersynth.recipes.verdicts import verdicts

BINS = 32


@dataclass
class Analysis:
    """Values of all samples, column by column, and where they came from.

    `lines[stat]` is the recipe line that measured a stat; a stat of an operator that is named
    again has the suffix of its line (`stat#2`).
    """

    read: Callable[[str], bytes]  # a picture's bytes by its name
    ids: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    pictures: list[list[str]] = field(default_factory=list)
    stats: dict[str, list[Any]] = field(default_factory=dict)
    lines: dict[str, Line] = field(default_factory=dict)
    rejected: int = 0

    def items(self, stat: str) -> np.ndarray:
        """Return all finite numbers of a stat, list values item by item, float `[items]`."""
        return finite_items(self.stats[stat])

    def numeric(self) -> list[str]:
        """Return the stats that hold numbers."""
        return [stat for stat in self.stats if len(self.items(stat))]

    def values_of(self, line: Line) -> Values:
        """Return what a line measured, by the stat's name without suffix."""
        values: Values = {}
        for name in line.operator.STATS:
            if name + line.suffix in self.stats:
                values[name] = self.stats[name + line.suffix]
        return values


def kept_share(analysis: Analysis, stat: str) -> float:
    """Return the share of samples that the stat's line alone keeps, NaN without a line."""
    line = analysis.lines.get(stat)
    if line is None:
        return float("nan")
    everyone = np.arange(len(analysis.ids))
    return float(np.mean(verdicts(line, analysis.values_of(line), everyone)))


def funnel(analysis: Analysis) -> list[tuple[Line, int]]:
    """Return each line that was measured, in the recipe's order, with the samples that it and all
    before it leave.
    """
    left = np.arange(len(analysis.ids))
    # a line of several stats stands once
    lines = {line.label: line for line in analysis.lines.values()}
    counts: list[tuple[Line, int]] = []
    for line in lines.values():
        left = left[verdicts(line, analysis.values_of(line), left)]
        counts.append((line, len(left)))
    return counts


def beside_bound(column: Sequence[Any], bound: float, each: int) -> list[int]:
    """Return the rows whose values lie nearest to `bound`, at most `each` below it and as many from
    it up, in the order of their values. A list counts with its mean.
    """
    numbers = numbers_of(column)
    known = np.flatnonzero(~np.isnan(numbers))
    ordered = known[np.argsort(numbers[known], kind="stable")]
    place = int(np.searchsorted(numbers[ordered], bound))
    return ordered[max(0, place - each) : place + each].tolist()


def overview(analysis: Analysis) -> pd.DataFrame:
    """Return one row a stat: its values, their mean and ends, and what the recipe keeps.

    `values` counts numbers, or values where none is a number; the deviation is that of a sample
    (n - 1).
    """
    return pd.DataFrame([_overview_row(analysis, stat) for stat in analysis.stats])


def _overview_row(analysis: Analysis, stat: str) -> dict[str, Any]:
    column = analysis.stats[stat]
    items = analysis.items(stat)
    line = analysis.lines.get(stat)
    some = len(items) > 0
    return {
        "stat": stat,
        "operator": line.label if line else "",
        "values": len(items) or sum(value is not None for value in column),
        # [] too: a sample without pictures has no value by filters of pictures
        "samples_without": sum(value is None or value == [] for value in column),
        "mean": items.mean() if some else np.nan,
        "deviation": items.std(ddof=1) if len(items) > 1 else np.nan,
        "min": items.min() if some else np.nan,
        "max": items.max() if some else np.nan,
        "kept": kept_share(analysis, stat),
        "bounds": line.bounds if line else "",
    }


def quantiles(analysis: Analysis, asked: Sequence[float]) -> pd.DataFrame:
    """Return the quantiles `asked` of each stat, one row a stat."""
    names = [str(quantile) for quantile in asked]
    rows: list[dict[str, Any]] = []
    for stat in analysis.numeric():
        values = np.quantile(analysis.items(stat), asked)
        rows.append({"stat": stat, **dict(zip(names, values, strict=True))})
    return pd.DataFrame(rows, columns=["stat", *names])


def histograms(analysis: Analysis) -> pd.DataFrame:
    """Return equal bins over the range of each stat: low edge, high edge, number of values."""
    rows: list[dict[str, Any]] = []
    for stat in analysis.numeric():
        counts, edges = np.histogram(analysis.items(stat), BINS)
        for (low, high), count in zip(itertools.pairwise(edges), counts, strict=True):
            rows.append({"stat": stat, "low": low, "high": high, "values": count})
    return pd.DataFrame(rows, columns=["stat", "low", "high", "values"])


def correlation(analysis: Analysis) -> pd.DataFrame:
    """Return Spearman's rank correlation between stats over samples.

    A list counts with its mean; constant stats are left out, since they have no ranks.
    """
    columns: dict[str, np.ndarray] = {}
    for stat in analysis.numeric():
        column = numbers_of(analysis.stats[stat])
        if len(np.unique(column[~np.isnan(column)])) > 1:
            columns[stat] = column
    return pd.DataFrame(columns).corr(method="spearman", min_periods=3)


def examples(analysis: Analysis, asked: Sequence[float]) -> pd.DataFrame:
    """Return, for each stat and quantile, the sample whose value is nearest to it.

    A list counts with its mean; of several samples the first.
    """
    rows: list[dict[str, Any]] = []
    for stat in analysis.numeric():
        column = numbers_of(analysis.stats[stat])
        known = np.flatnonzero(~np.isnan(column))
        for quantile, value in zip(asked, np.quantile(column[known], asked), strict=True):
            # `argmin` takes the first of several
            nearest = int(known[np.argmin(np.abs(column[known] - value))])
            rows.append(
                {
                    "stat": stat,
                    "quantile": quantile,
                    "value": column[nearest],
                    "row": nearest,
                    "id": analysis.ids[nearest],
                    "text": " ".join(analysis.texts[nearest].split()),
                }
            )
    return pd.DataFrame(rows, columns=["stat", "quantile", "value", "row", "id", "text"])
