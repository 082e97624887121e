"""The data card of a mix: counts a stage, reasons, similarity before and after, caption lengths, and each rule as a detector."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.metrics import roc_auc_score

from bettersynth.data.files.reading import read_table
from bettersynth.data.samples.text_form import caption_of_text
from bettersynth.measuring.number_rule import numbers_of
from bettersynth.measuring.protocols import Values
from bettersynth.recipes.decisions import Decisions, verdicts
from bettersynth.recipes.lines import Line
from bettersynth.recipes.mixing.mixture import Mix
from bettersynth.steps.filter import PLANTED

QUANTILES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)


def make_card(
    mix: Mix,
    decisions: Decisions,
    lines: Sequence[Line],
    values: dict[str, Values],
    used: np.ndarray,
    exchanged: np.ndarray,
    slice_size: int,
    candidates: int,
) -> dict[str, Any]:
    """Return the card: JSON-ready, every number finite or null."""
    planted = read_planted(mix.ids)
    lengths = np.array([len(caption_of_text(text).split()) for text in mix.text])
    weights = mix.weight[used].astype(float)
    card: dict[str, Any] = {
        "counts": {
            "pool": len(mix.ids),
            "kept": int(decisions.kept.sum()),
            "sent_to_recaptioning": slice_size,
            "new_captions": candidates,
            "exchanged": int(exchanged.sum()),
            "original": int((used & ~exchanged).sum()),
            "samples": int(used.sum()),
            "visits": int(mix.weight.sum()),
            "visits_per_sample": float(weights.mean()),
        },
        "dropped_by": dict(Counter(rule for rule in decisions.rule if rule).most_common()),
        "similarity": {
            "pool": quantiles(mix.similarity_before),
            "kept_originals": quantiles(mix.similarity_before[used & ~exchanged]),
            "exchanged_before": quantiles(mix.similarity_before[exchanged]),
            "exchanged_after": quantiles(mix.similarity[exchanged]),
            "training": quantiles(mix.similarity[used]),
        },
        "caption_words": {
            "training": quantiles(lengths[used]),
            "original": quantiles(lengths[used & ~exchanged]),
            "exchanged": quantiles(lengths[exchanged]),
        },
    }
    if mix.drawn:
        card["control"] = "random"
    if planted is not None:
        card["planted"] = {
            "pool": int(planted.sum()),
            "kept_with_their_wrong_caption": int((planted & used & ~exchanged).sum()),
            "exchanged": int((planted & exchanged).sum()),
        }
        card["detectors"] = {
            line.label: detector(line, values[line.name], planted)
            for line in lines
            if line.kind != "selector"
        }
    return card


def read_planted(ids: Sequence[str]) -> np.ndarray | None:
    """Return which pool rows carry a planted mismatch, None for a source without that table."""
    if not PLANTED.exists():
        return None
    table = read_table(PLANTED, ["id", "planted"])
    flags = dict(zip(table["id"].to_pylist(), table["planted"].to_pylist(), strict=True))
    return np.array([bool(flags.get(sample)) for sample in ids])


def detector(line: Line, values: Values, planted: np.ndarray) -> dict[str, Any]:
    """Return how well one rule alone finds the planted mismatches: what it drops is what it calls mismatched.

    `roc_auc` is the chance that a planted sample has a lower value than another one (0.5: no information).
    """
    dropped = ~verdicts(line, values, np.arange(len(planted)))
    hits = int((dropped & planted).sum())
    numbers = numbers_of(next(iter(values.values())))
    known = ~np.isnan(numbers)
    two = known.any() and 0 < planted[known].sum() < known.sum()
    return {
        "bounds": line.bounds,
        "dropped": int(dropped.sum()),
        "precision": hits / int(dropped.sum()) if dropped.any() else None,
        "recall": hits / int(planted.sum()) if planted.any() else None,
        "roc_auc": float(roc_auc_score(planted[known], -numbers[known])) if two else None,
    }


def quantiles(values: np.ndarray) -> dict[str, float] | None:
    """Return count, mean and quantiles of the numbers among `values`, None if there are none."""
    numbers = np.asarray(values, dtype=np.float64)
    numbers = numbers[~np.isnan(numbers)]
    if not len(numbers):
        return None
    found = {
        f"q{round(100 * q):02d}": float(v)
        for q, v in zip(QUANTILES, np.quantile(numbers, QUANTILES), strict=True)
    }
    return {"count": len(numbers), "mean": float(numbers.mean()), **found}
