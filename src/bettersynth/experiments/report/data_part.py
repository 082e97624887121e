"""What the page says about the data: the flow with its counts, distributions, quantiles, how well rules find mismatches."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from sklearn.metrics import roc_curve

from bettersynth.experiments.report import charts
from bettersynth.measuring.number_rule import numbers_of
from bettersynth.measuring.stat_tables import read_values
from bettersynth.recipes.lines import Line
from bettersynth.recipes.refine import ends_of, number_of_bound

Card = Mapping[str, Any]
QUARTERS = (0.25, 0.5, 0.75)
MOST_ROC_POINTS = 200
SIMILARITY = "image_text_similarity"
STAT_LABELS = {
    "image_text_similarity": "image-text similarity",
    "num_words": "words in the text",
    "text_len": "characters in the text",
    "alnum_ratio": "share of letters and digits",
    "aspect_ratios": "width / height",
    "image_width": "width, pixels",
    "image_height": "height, pixels",
    "image_sizes": "file size, bytes",
}


@dataclasses.dataclass(frozen=True)
class FlowRow:
    """One bar of the flow: how many samples are left (or added) after a line, as a share of the pool too."""

    label: str
    detail: str
    count: int
    change: int
    share: float
    kind: str


def set_aside(pool_card: Card) -> dict[str, int]:
    """Return how many pictures the pool step left out, by reason."""
    return {**pool_card.get("rejected", {}), **pool_card.get("duplicates", {})}


def flow(
    pool_card: Mapping[str, Any],
    filter_card: Mapping[str, Any],
    mix_card: Mapping[str, Any],
    lines: Sequence[Line],
) -> list[FlowRow]:
    """Return the way of the samples: pool, each line of the recipe, exchange, training set, visits."""
    total = filter_card["pool"]
    bounds = {line.label: line.bounds for line in lines}
    counts = mix_card["counts"]
    aside = sum(set_aside(pool_card).values())
    detail = f"{aside:,} pictures of the whole source were set aside before" if aside else ""
    rows = [FlowRow("pool", detail, total, 0, 1.0, "pool")]
    left = total
    for label, count in filter_card["surviving"].items():
        rows.append(
            FlowRow(label, bounds.get(label, ""), count, count - left, count / total, "rule")
        )
        left = count
    if filter_card["kept"] != left or "random" in filter_card["dropped_by"]:
        rows.append(
            FlowRow(
                "random draw of the same size",
                "",
                filter_card["kept"],
                0,
                filter_card["kept"] / total,
                "rule",
            )
        )
    replaced = counts["kept"] - counts["original"]
    samples, share = counts["samples"], counts["samples"] / total
    if mix_card.get("control"):
        detail = "the recipe's numbers by caption source, drawn from the whole pool"
        rows.append(FlowRow("random control instead", detail, samples, 0, share, "rule"))
    elif counts["sent_to_recaptioning"]:
        detail = f"{counts['sent_to_recaptioning']:,} samples got {counts['new_captions']:,} new captions; "
        detail += f"{counts['exchanged']:,} came in with one"
        detail += f", {replaced:,} of them instead of a kept original" if replaced else ""
        rows.append(
            FlowRow(
                "recaption and exchange", detail, samples, samples - counts["kept"], share, "add"
            )
        )
    detail = (
        f"{counts['original']:,} with their own caption, {counts['exchanged']:,} with a new one; "
    )
    detail += f"{counts['visits']:,} visits, {counts['visits_per_sample']:.1f} a sample"
    rows.append(FlowRow("training set", detail, samples, 0, share, "result"))
    return rows


def bounds_of(line: Line, stat: str) -> list[float]:
    """Return the finite numbers between which `line` keeps values of `stat`."""
    bounds = {
        number_of_bound(getattr(line.deciding, end.setting))
        for end in ends_of(line)
        if end.stat == stat
    }
    return sorted(bound for bound in bounds if math.isfinite(bound))


@dataclasses.dataclass(frozen=True)
class StatView:
    """One stat: its chart, and quartiles in the pool and in the training set."""

    name: str
    label: str
    chart: Any
    bounds: str
    before: list[str]
    after: list[str]
    new_text: bool


def stat_views(
    ids: Sequence[str],
    operators: Sequence[str],
    lines: Sequence[Line],
    decisions: pa.Table,
    restats: pa.Table | None,
) -> list[StatView]:
    """Return a view of every numeric stat of the pool; `after` are the samples in training with the text they are trained on."""
    used = np.array([bool(source) for source in decisions["caption_source"].to_pylist()])
    by_name = {line.name: line for line in lines}
    candidate = decisions["candidate"].to_pylist()
    chosen = {
        (sample, k): row
        for row, (sample, k) in enumerate(zip(ids, candidate, strict=True))
        if k >= 0
    }
    views = []
    for operator in operators:
        for stat, column in read_values(operator, ids).items():
            before = numbers_of(column)
            if np.isnan(before).all():
                continue
            after, new_text = before.copy(), False
            if restats is not None and stat in restats.column_names and chosen:
                new_text = True
                values = numbers_of(restats[stat].to_pylist())
                for position, key in enumerate(
                    zip(restats["id"].to_pylist(), restats["candidate"].to_pylist(), strict=True)
                ):
                    if key in chosen:
                        after[chosen[key]] = values[position]
            line = by_name.get(operator)
            bounds = bounds_of(line, stat) if line else []
            views.append(
                _view(
                    stat,
                    before[~np.isnan(before)],
                    after[used & ~np.isnan(after)],
                    bounds,
                    line,
                    new_text,
                )
            )
    return sorted(views, key=lambda view: (view.name != SIMILARITY, view.name))


def _view(
    stat: str,
    before: np.ndarray,
    after: np.ndarray,
    bounds: list[float],
    line: Line | None,
    new_text: bool,
) -> StatView:
    label = STAT_LABELS.get(stat, stat.replace("_", " "))
    rows = [
        [_shown(value) for value in np.quantile(values, QUARTERS)] if len(values) else ["-"] * 3
        for values in (before, after)
    ]
    return StatView(
        stat,
        label,
        charts.histogram(before, after, bounds, label),
        line.bounds if line else "no rule",
        *rows,
        new_text,
    )


def _shown(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


@dataclasses.dataclass(frozen=True)
class Detector:
    """How well low similarity finds the planted mismatches."""

    chart: Any
    auc: float
    threshold: float | None
    precision: float | None
    recall: float | None


def similarity_detector(
    similarity: np.ndarray, planted: np.ndarray, card: Mapping[str, Any], threshold: float | None
) -> Detector | None:
    """Return the ROC curve of "similarity is low" for bool `planted [rows]`, and what the recipe's rule does; None without both kinds."""
    known = ~np.isnan(similarity)
    entry = next(
        (
            value
            for name, value in card.get("detectors", {}).items()
            if name.startswith(f"{SIMILARITY}_filter")
        ),
        None,
    )
    if not known.any() or planted[known].all() or not planted[known].any():
        return None
    wrong, found, _ = roc_curve(planted[known], -similarity[known])
    auc = float(np.trapezoid(found, wrong))
    keep = np.unique(np.linspace(0, len(wrong) - 1, min(len(wrong), MOST_ROC_POINTS)).astype(int))
    point = None
    if threshold is not None:
        dropped = similarity[known] < threshold
        point = (float(dropped[~planted[known]].mean()), float(dropped[planted[known]].mean()))
    chart = charts.roc_curve(
        wrong[keep].tolist(), found[keep].tolist(), point, f"ROC curve, area {auc:.3f}"
    )
    return Detector(chart, auc, threshold, entry and entry["precision"], entry and entry["recall"])
