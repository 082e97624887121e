"""The data card of a mix: counts, reasons, similarities, lengths, each rule as a detector."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bettersynth.data.samples.planted_captions import planted_rows
from bettersynth.data.tables.column_rows import rows_of_ids
from bettersynth.data.tables.rewritten import read_rewritten
from bettersynth.data.tables.row_texts import RowTexts
from bettersynth.measuring.number_rule import numbers_of
from bettersynth.measuring.protocols import Values
from bettersynth.recipes.decisions import Decisions
from bettersynth.recipes.lines import Line
from bettersynth.recipes.mixing.mixture import Mix
from bettersynth.recipes.pool_recipe import values_at
from bettersynth.recipes.verdicts import verdicts_on_all

QUANTILES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)


def make_card(
    mix: Mix,
    decisions: Decisions,
    drawn: bool,
    lines: Sequence[Line],
    values: dict[str, Values],
) -> dict[str, Any]:
    """Return the card: JSON-ready, every number finite or null.

    `drawn` says that the random control chose; `values` is what the lines decide on, by label.
    """
    # [rows]: a sample trains by its own caption or by a new one
    used = decisions.kept | mix.exchanged
    original = used & ~mix.exchanged
    lengths = mix.word_counts()
    card: dict[str, Any] = {
        "counts": counts(mix, decisions.kept),
        "dropped_by": decisions.dropped_by(),
        "similarity": {
            "pool": quantiles(mix.similarity_before),
            "kept_originals": quantiles(mix.similarity_before[original]),
            "exchanged_before": quantiles(mix.similarity_before[mix.exchanged]),
            "exchanged_after": quantiles(mix.similarity[mix.exchanged]),
            "training": quantiles(mix.similarity[used]),
        },
        "caption_words": {
            "training": quantiles(lengths[used]),
            "original": quantiles(lengths[original]),
            "exchanged": quantiles(lengths[mix.exchanged]),
        },
    }
    if mix.new.drawn.any():
        card["drawn"] = drawn_counts(mix)
    if rewritten := rewritten_counts(mix, original):
        card["rewritten"] = rewritten
    if drawn:
        card["control"] = "random"
    planted = planted_rows(mix.ids)
    if planted is not None:
        card["planted"] = {
            "pool": int(planted.sum()),
            "kept_with_their_wrong_caption": int((planted & original).sum()),
            "exchanged": int((planted & mix.exchanged).sum()),
        }
        if decisions.judged is not None and not decisions.judged.all():
            # a rule is not blamed for conversations that it does not decide on
            judged = np.flatnonzero(decisions.judged)
            values = {label: values_at(columns, judged) for label, columns in values.items()}
            planted = planted[judged]
        card["detectors"] = detectors(lines, values, planted)
    return card


def counts(mix: Mix, kept: np.ndarray) -> dict[str, int | float]:
    """Return how many samples the recipe `kept` (bool `[rows]`), got a new caption and train, and
    how often these are visited.
    """
    used = kept | mix.exchanged
    return {
        "pool": len(mix.ids),
        "kept": int(kept.sum()),
        "sent_to_recaptioning": len(mix.new.rows_with(pictures=False)),
        "new_captions": int((~mix.new.drawn).sum()),
        "exchanged": int(mix.exchanged.sum()),
        "original": int((used & ~mix.exchanged).sum()),
        "samples": int(used.sum()),
        "visits": int(mix.weight.sum()),
        "visits_per_sample": float(mix.weight[used].astype(float).mean()),
    }


def drawn_counts(mix: Mix) -> dict[str, int]:
    """Return how many samples have new pictures, how many pictures, and how many are trained on."""
    drawn = mix.new.drawn
    return {
        "samples": len(mix.new.rows_with(pictures=True)),
        "pictures": int(drawn.sum()),
        "training": int(drawn[mix.chosen[mix.exchanged]].sum()),
    }


def rewritten_counts(mix: Mix, original: np.ndarray) -> dict[str, Any]:
    """Return how many texts mappers changed, of the pool and of those in training (bool `[rows]`),
    and the latter by mapper; nothing where none was changed.
    """
    rewritten = read_rewritten()
    if not rewritten.num_rows:
        return {}
    # in the pool's order, in which the mappers come up
    rows = rows_of_ids(mix.ids, rewritten["id"])
    in_training = (rows >= 0) & original[rows]
    mappers = pc.list_flatten(rewritten["mappers"].filter(pa.array(in_training)))
    by_mapper = Counter(RowTexts.of(mappers).counts())
    return {
        "pool": rewritten.num_rows,
        "training": int(in_training.sum()),
        "training_by_mapper": dict(by_mapper.most_common()),
    }


def detectors(
    lines: Sequence[Line], values: dict[str, Values], planted: np.ndarray
) -> dict[str, Any]:
    """Return how well each line that measures finds the planted mismatches, bool `[rows]`."""
    by_line: dict[str, Any] = {}
    for line in lines:
        if line.measures:
            by_line[line.label] = detector(line, values[line.label], planted)
    return by_line


def detector(line: Line, values: Values, planted: np.ndarray) -> dict[str, Any]:
    """Return how well one rule alone finds the planted mismatches, bool `[rows]`.

    What it drops is what it calls mismatched. `roc_auc` is the chance that a planted sample has a
    lower value than another one (0.5: no information).
    """
    from sklearn.metrics import roc_auc_score

    dropped = ~verdicts_on_all(line, values, len(planted))
    hits = int((dropped & planted).sum())
    numbers = numbers_of(next(iter(values.values()), []))
    # a curve has no place for infinity
    known = np.isfinite(numbers)
    mismatched = planted[known] if len(known) else np.zeros(0, dtype=bool)
    two_kinds = mismatched.any() and not mismatched.all()
    # minus: the lower the value, the likelier a mismatch
    auc = float(roc_auc_score(mismatched, -numbers[known])) if two_kinds else None
    return {
        "bounds": line.bounds,
        "dropped": int(dropped.sum()),
        "precision": hits / int(dropped.sum()) if dropped.any() else None,
        "recall": hits / int(planted.sum()) if planted.any() else None,
        "roc_auc": auc,
    }


def quantiles(values: np.ndarray) -> dict[str, float] | None:
    """Return count, mean and quantiles of the finite numbers in `values`, None without any."""
    numbers = np.asarray(values, dtype=np.float64)
    numbers = numbers[np.isfinite(numbers)]
    if not len(numbers):
        return None
    summary: dict[str, float] = {"count": len(numbers), "mean": float(numbers.mean())}
    for share, value in zip(QUANTILES, np.quantile(numbers, QUANTILES), strict=True):
        summary[f"q{round(100 * share):02d}"] = float(value)
    return summary
