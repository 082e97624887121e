"""The bars of scores on the page: every protocol, every category, with intervals and what guessing
gets.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from bettersynth.data.tables.items import CHOICE_PROTOCOLS, TEXT_PROTOCOL
from bettersynth.evaluation.benchmarks.textvqa_parts import HEADLINE, READING
from bettersynth.evaluation.scoring.guessing import chance_name
from bettersynth.evaluation.scoring.item_scores import (
    has_reading,
    picture_scores,
    score_matrix,
)
from bettersynth.evaluation.statistics.intervals import Interval, score_interval

CATEGORY_DRAWS = 2000
# MMBench's abilities, spelled
ABILITIES = {
    "CP": "coarse perception",
    "FP-S": "fine-grained perception of one thing",
    "FP-C": "fine-grained perception across things",
    "AR": "attribute reasoning",
    "LR": "logic reasoning",
    "RR": "relation reasoning",
}
PROTOCOL_NOTES = {
    "likelihood": "likeliest option, mean log-probability a token",
    "likelihood_minus_prior": "the same, less the option's probability without the picture",
    "probability": "of the right option among all, whichever is likeliest",
    "strict": "all rolled forms answered with exactly the letter",
    "circular": "all rolled forms right",
    "vanilla": "each rolled form for itself",
}


@dataclasses.dataclass(frozen=True)
class ScoreRow:
    """One bar: percent, with interval and what guessing gets (None where nothing is known)."""

    label: str
    note: str
    score: float
    low: float
    high: float
    guess: float | None
    guess_label: str
    headline: bool = False
    seeds: tuple[float, ...] = ()


def _row(
    label: str,
    note: str,
    interval: Interval,
    guess: float | None,
    guess_label: str,
    headline: bool = False,
) -> ScoreRow:
    """Return a bar of shares turned into percent."""
    return ScoreRow(
        label=label,
        note=note,
        score=100 * interval.mean,
        low=100 * interval.low,
        high=100 * interval.high,
        guess=None if guess is None else 100 * guess,
        guess_label=guess_label,
        headline=headline,
    )


def _with_seeds(row: ScoreRow, scores: np.ndarray) -> ScoreRow:
    """Return the bar with a dot for each training seed; `scores [seeds, items]`."""
    dots = tuple(100 * seed for seed in scores.mean(axis=1))
    return dataclasses.replace(row, seeds=dots)


def score_rows(
    items: pa.Table, score: Mapping[str, Any], levels: Mapping[str, Any]
) -> list[ScoreRow]:
    """Return both benchmarks by every protocol; the headline and TextVQA first.

    Reading stands behind TextVQA where it is a score of its own.
    """
    headline = score["mmbench_protocol"]
    others = [name for name in CHOICE_PROTOCOLS if name != headline]
    rows = []
    for protocol in [headline, *others]:
        scores, _ = score_matrix(items, "mmbench", protocol)
        # items of a version before this protocol
        if np.isnan(scores).any():
            continue
        chance = levels["mmbench"]["chance"][chance_name(protocol)]
        label = f"MMBench {protocol.replace('_', ' ')}"
        note = PROTOCOL_NOTES[protocol]
        interval = score_interval(picture_scores(items, "mmbench", protocol))
        row = _row(label, note, interval, chance, "chance", protocol == headline)
        rows.append(_with_seeds(row, scores))
    # the two headline scores stand side by side at the top
    rows.insert(1, _text_row(items, HEADLINE, "TextVQA", levels["textvqa"]))
    if has_reading(items):
        of_reading = levels["textvqa"]["reading"]
        rows.insert(2, _text_row(items, READING, "TextVQA reading", of_reading))
    return rows


def _text_row(items: pa.Table, part: str, label: str, levels: Mapping[str, Any]) -> ScoreRow:
    """Return the bar of one of TextVQA's scores."""
    scores, _ = score_matrix(items, part, TEXT_PROTOCOL)
    guess = levels["any_listed_token"]
    note = "soft accuracy over ten answers"
    interval = score_interval(picture_scores(items, part, TEXT_PROTOCOL))
    row = _row(label, note, interval, guess, "any listed token", headline=part == HEADLINE)
    return _with_seeds(row, scores)


def category_rows(items: pa.Table, protocol: str) -> list[ScoreRow]:
    """Return MMBench by l2-category and category in one protocol, the largest groups first."""
    _, names = score_matrix(items, "mmbench", protocol)
    questions = _questions(items, "mmbench", names)
    chance = questions["chance"]
    # every rolled row must be right
    if protocol in ("circular", "strict"):
        chance = chance ** questions["rows"]
    # each rolled row counts for itself, in the score too
    weights = questions["rows"] if protocol.startswith("vanilla") else None
    rows = []
    for level, note in (("l2_category", "ability"), ("category", "category")):
        sizes = questions[level].value_counts()
        named = [name for name in sizes.index if name]
        for name in sorted(named, key=lambda name, sizes=sizes: (-sizes[name], name)):
            mask = (questions[level] == name).to_numpy()
            of_name = picture_scores(_where(items, level, name), "mmbench", protocol)
            interval = score_interval(of_name, draws=CATEGORY_DRAWS)
            described = f"{ABILITIES.get(name, note)}, {int(mask.sum())} questions"
            of_mask = None if weights is None else weights[mask]
            guess = float(np.average(chance[mask], weights=of_mask))
            headline = level == "l2_category"
            rows.append(_row(name, described, interval, guess, "chance", headline))
    return rows


def kind_rows(items: pa.Table, levels: Mapping[str, Any]) -> list[ScoreRow]:
    """Return TextVQA by question kind, where the questions have kinds."""
    asked = _where(items, "benchmark", "textvqa")
    names = list(dict.fromkeys(asked["item"].to_pylist()))
    kinds = _questions(items, "textvqa", names)["category"].to_numpy()
    levels_of_kinds = levels["textvqa"].get("kinds", {})
    rows = []
    for kind in sorted(set(kinds) - {""}):
        mask = kinds == kind
        guess = levels_of_kinds.get(kind, {}).get("any_listed_token")
        of_kind = picture_scores(_where(items, "category", kind), "textvqa", TEXT_PROTOCOL)
        interval = score_interval(of_kind, draws=CATEGORY_DRAWS)
        described = f"{int(mask.sum())} questions"
        rows.append(_row(f"TextVQA, {kind}", described, interval, guess, "any listed token"))
    return rows


def _where(items: pa.Table, column: str, name: str) -> pa.Table:
    return items.filter(pc.equal(items[column], name))


def _questions(items: pa.Table, benchmark: str, names: list[str]) -> pd.DataFrame:
    """Return what is the same for all seeds, a row for each of the items `names`, in this order."""
    frame = items.select(
        ["benchmark", "item", "category", "l2_category", "rows", "chance"]
    ).to_pandas()
    of_benchmark = frame[frame["benchmark"] == benchmark]
    return of_benchmark.drop_duplicates("item").set_index("item").loc[names]
