"""What answers without the picture get, beside a run's scores: rules, and the model itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from bettersynth.data.tables.items import WITHOUT_PICTURE
from bettersynth.evaluation.benchmarks.textvqa_parts import READING
from bettersynth.evaluation.scoring.guessing import chance_name
from bettersynth.evaluation.scoring.item_scores import score_matrix

TEXT_RULES = (
    "any_listed_token",
    "first_listed_token",
    "last_listed_token",
    "longest_listed_token",
    "place_rule",
    "majority_answer",
)
MODEL = "this model without the picture"


def blind_scores(
    levels: Mapping[str, Any], items: pa.Table, protocol: str
) -> dict[str, dict[str, float]]:
    """Return the share that each blind answer gets, by score and rule.

    `levels` are the benchmark's baselines, `protocol` is MMBench's. Under the likelihoods the
    trained model is asked without the picture too (its mean over seeds). TextVQA's reading has
    rules of its own where it is a score of its own.
    """
    asked_as = chance_name(protocol)
    choice = {"any option": float(levels["mmbench"]["chance"][asked_as])}
    for rule, shares in levels["mmbench"].get("blind", {}).items():
        choice[rule.replace("_", " ")] = float(shares[asked_as])
    # letters are asked of a model that sees
    without_picture = _model_without_picture(items) if asked_as == "likelihood" else None
    if without_picture is not None:
        choice[MODEL] = without_picture
    blind = {"mmbench": choice, "textvqa": _text_rules(levels["textvqa"])}
    reading = levels["textvqa"].get("reading")
    return blind | {READING: _text_rules(reading)} if reading else blind


def _text_rules(levels: Mapping[str, Any]) -> dict[str, float]:
    shares = {}
    for rule in TEXT_RULES:
        # baselines of an older version know fewer rules
        if rule in levels:
            shares[rule.replace("_", " ")] = float(levels[rule])
    return shares


def _model_without_picture(items: pa.Table) -> float | None:
    """Return the share; None for items of an older version, which do not know it."""
    if WITHOUT_PICTURE not in items.column_names:
        return None
    scores, _ = score_matrix(items, "mmbench", WITHOUT_PICTURE)
    return None if np.isnan(scores).any() else float(scores.mean())


def best_blind(scores: Mapping[str, float]) -> tuple[str, float]:
    """Return the rule with the highest share, and that; of equal ones the first."""
    name = max(scores, key=lambda rule: scores[rule])
    return name, scores[name]
