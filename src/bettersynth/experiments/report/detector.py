"""How well low similarity finds the planted mismatches: the ROC curve and where the recipe's rule
stands on it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.metrics import roc_curve

from bettersynth.evaluation.statistics.roc_area import area_interval
from bettersynth.experiments.report import charts
from bettersynth.experiments.report.stat_views import SIMILARITY
from bettersynth.recipes.lines import stat_of_label

MOST_ROC_POINTS = 200


@dataclasses.dataclass(frozen=True)
class Detector:
    """How well low similarity finds the planted mismatches."""

    chart: Any
    auc: float
    auc_low: float
    auc_high: float
    threshold: float | None
    precision: float | None
    recall: float | None


def similarity_detector(
    similarity: np.ndarray,
    planted: np.ndarray,
    mix_card: Mapping[str, Any],
    threshold: float | None,
) -> Detector | None:
    """Return the ROC curve of "similarity is low" and what the recipe's rule does.

    `similarity [rows]` is NaN where it is not known, `planted [rows]` is bool. None without both
    kinds of rows.
    """
    known = np.isfinite(similarity)
    wrong = planted[known]
    if not known.any() or wrong.all() or not wrong.any():
        return None
    values = similarity[known]
    # the lower the similarity, the likelier a mismatch: hence the minus
    false_positive, true_positive, _ = roc_curve(wrong, -values)
    auc = float(np.trapezoid(true_positive, false_positive))
    shown = _evenly(len(false_positive))
    point = None
    if threshold is not None:
        dropped = values < threshold
        good_dropped = float(dropped[~wrong].mean())
        wrong_dropped = float(dropped[wrong].mean())
        point = (good_dropped, wrong_dropped)
    chart = charts.roc_curve(
        false_positive[shown].tolist(),
        true_positive[shown].tolist(),
        point,
        f"ROC curve, area {auc:.3f}",
    )
    low, high = area_interval(auc, int(wrong.sum()), int((~wrong).sum()))
    rule = _similarity_rule(mix_card) or {"precision": None, "recall": None}
    return Detector(chart, auc, low, high, threshold, rule["precision"], rule["recall"])


def _evenly(points: int) -> np.ndarray:
    """Return the positions of at most 200 points of a curve, its ends among them."""
    positions = np.linspace(0, points - 1, min(points, MOST_ROC_POINTS))
    return np.unique(positions.astype(int))


def _similarity_rule(mix_card: Mapping[str, Any]) -> Mapping[str, Any] | None:
    for label, rule in mix_card.get("detectors", {}).items():
        if stat_of_label(label) == f"{SIMILARITY}_filter":
            return rule
    return None
