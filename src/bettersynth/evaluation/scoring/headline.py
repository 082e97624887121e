"""The content of score.json: few numbers, flat, scores in percent, `total` a ratio."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from bettersynth.data.tables.items import CHOICE_PROTOCOLS, TEXT_PROTOCOL
from bettersynth.evaluation.benchmarks.textvqa_parts import READING
from bettersynth.evaluation.scoring.baseline_scores import Baseline, require_same_questions
from bettersynth.evaluation.scoring.blind import best_blind, blind_scores
from bettersynth.evaluation.scoring.guessing import chance_name
from bettersynth.evaluation.scoring.item_scores import (
    has_reading,
    picture_scores,
    score_matrix,
)
from bettersynth.evaluation.statistics.intervals import combined_interval, score_interval
from bettersynth.settings.score import ScoreSettings


def make_score(
    items: pa.Table,
    settings: ScoreSettings,
    baseline: Baseline | None,
    levels: dict[str, Any],
    samples: int,
) -> dict[str, Any]:
    """Return the metrics of a run.

    `levels` is what guessing gets, by benchmark; `samples` the size of the training set. Without a
    baseline there is no `total`.
    """
    score = answer_scores(items, settings, baseline)
    # which guess a score stands beside depends on how it was measured
    chance = levels["mmbench"]["chance"]
    blind = blind_scores(levels, items, settings.mmbench_protocol)
    for name, shares in blind.items():
        score[f"{name}_best_blind"] = percent(best_blind(shares)[1])
    if READING in blind:
        any_token = levels["textvqa"]["reading"]["any_listed_token"]
        score[f"{READING}_any_listed_token"] = percent(any_token)
    return score | {
        "mmbench_chance": percent(chance[chance_name(settings.mmbench_protocol)]),
        "mmbench_circular_chance": percent(chance["circular"]),
        "textvqa_any_listed_token": percent(levels["textvqa"]["any_listed_token"]),
        "mmbench_protocol": settings.mmbench_protocol,
        "samples": samples,
        "seeds": len(set(items["seed"].to_pylist())),
    }


def answer_scores(
    items: pa.Table, settings: ScoreSettings, baseline: Baseline | None
) -> dict[str, Any]:
    """Return the scores and intervals that the answers alone make, of all items or of some.

    Raises:
        UserError: the baseline answered another kind of TextVQA questions.
    """
    draws = settings.bootstrap_draws
    seed = settings.bootstrap_seed
    # both [seeds, pictures], the same seeds in the same order
    choice = picture_scores(items, "mmbench", settings.mmbench_protocol)
    text = picture_scores(items, "textvqa", TEXT_PROTOCOL)
    score: dict[str, Any] = {}
    is_read_apart = has_reading(items)
    if baseline:
        require_same_questions(baseline, is_read_apart, f"the baseline ({baseline.source})")
        # half a ratio each; a score is a share here and percent in the baseline
        weights = [(choice, 50 / baseline.mmbench), (text, 50 / baseline.textvqa)]
        total = combined_interval(weights, seed, draws=draws)
        score["total"] = round(total.mean, 4)
        score["total_low"] = round(total.low, 4)
        score["total_high"] = round(total.high, 4)
    measured = {"mmbench": choice, "textvqa": text}
    if is_read_apart:
        measured[READING] = picture_scores(items, READING, TEXT_PROTOCOL)
    for name, scores in measured.items():
        interval = score_interval(scores, seed, draws=draws)
        score[name] = percent(interval.mean)
        score[f"{name}_low"] = percent(interval.low)
        score[f"{name}_high"] = percent(interval.high)
    for protocol in CHOICE_PROTOCOLS:
        scores, _ = score_matrix(items, "mmbench", protocol)
        score[f"mmbench_{protocol}"] = percent(float(scores.mean()))
    return score


def percent(share: float) -> float:
    """Return a share as percent with two decimals, as scores are stored."""
    return round(100 * share, 2)
