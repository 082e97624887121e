"""Which caption of which sample is trained on, and how often: exchanging captions, the random control, the order of training."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from bettersynth.errors import UserError
from bettersynth.measuring.number_rule import number_of, numbers_of
from bettersynth.measuring.protocols import Values
from bettersynth.recipes.decisions import Decisions, decide, undecided, verdicts
from bettersynth.recipes.lines import Line

CONTROL = "random control"
DESCRIBED = "keep_original_sample"
SIMILARITY_OPERATOR, SIMILARITY = "image_text_similarity_filter", "image_text_similarity"


@dataclass
class Candidates:
    """New captions by pool row, and their values by stat; positions point into the columns."""

    captioner: list[str] = field(default_factory=list)
    candidate: list[int] = field(default_factory=list)
    text: list[str] = field(default_factory=list)
    values: Values = field(default_factory=dict)
    of_row: dict[int, list[int]] = field(default_factory=dict)


@dataclass
class Mix:
    """What is trained on, one entry a pool row: the text, who wrote it, which candidate it is (-1: the original), its visits."""

    ids: list[str]
    text: list[str]
    source: list[str]
    candidate: np.ndarray  # int32
    similarity_before: np.ndarray  # float64, NaN where not measured
    similarity: np.ndarray  # float64, of the text in use
    weight: np.ndarray  # int32
    drawn: bool = False  # by the random control, whatever the recipe says


def drop_described(decisions: Decisions, candidates: Candidates) -> None:
    """Drop the original caption of every sample that has new ones, under the rule `keep_original_sample`."""
    for row in candidates.of_row:
        if decisions.kept[row]:
            decisions.kept[row], decisions.rule[row], decisions.bound[row] = (
                False,
                DESCRIBED,
                "false",
            )


def start_mix(ids: list[str], texts: list[str], values: dict[str, Values]) -> Mix:
    """Return the pool with its original captions, nothing visited yet."""
    measured = values.get(SIMILARITY_OPERATOR, {}).get(SIMILARITY, [None] * len(ids))
    similarity = numbers_of(measured)
    empty = np.zeros(len(ids), dtype=np.int32)
    return Mix(
        ids, list(texts), ["original"] * len(ids), empty - 1, similarity, similarity.copy(), empty
    )


def exchange(
    mix: Mix,
    candidates: Candidates,
    lines: Sequence[Line],
    values: dict[str, Values],
    decisions: Decisions,
    threshold: float,
    beat_original: bool = True,
) -> np.ndarray:
    """Put new captions in the place of originals, in `mix`; return which rows got one, bool `[rows]`.

    A caption comes in if its similarity is above `threshold` and (with `beat_original`) above the original's, and every other rule of
    the recipe holds for it; of several, the one with the highest similarity. What a control or a selector left out stays out. Source: seed report 004.
    """
    exchanged = np.zeros(len(mix.ids), dtype=bool)
    if not candidates.text:
        return exchanged
    if SIMILARITY not in candidates.values:
        raise UserError(f"mix.exchange needs {SIMILARITY_OPERATOR} in the section stats")
    similarity = numbers_of(candidates.values[SIMILARITY])
    passes = _rules_hold(candidates, lines, values)
    for row, positions in candidates.of_row.items():
        before = mix.similarity_before[row] if beat_original else -np.inf
        good = [
            p
            for p in positions
            if passes[p] and similarity[p] > threshold and not similarity[p] <= before
        ]
        if (
            not good
            or decisions.rule[row] in ("random", "oracle")
            or selected_away(decisions.rule[row])
        ):
            continue
        best = max(good, key=lambda p: (similarity[p], -p))
        mix.text[row], mix.source[row] = candidates.text[best], candidates.captioner[best]
        mix.candidate[row], mix.similarity[row] = candidates.candidate[best], similarity[best]
        exchanged[row] = True
    repeated = _repeats(mix, candidates, exchanged & ~decisions.kept, lines, values, decisions)
    for row in repeated:
        mix.text[row], mix.source[row], mix.similarity[row] = (
            "",
            "original",
            mix.similarity_before[row],
        )
        mix.candidate[row] = -1
    exchanged[repeated] = False
    return exchanged


def draw_control(
    original: int, exchanged: int, candidates: Candidates, rows: int, seed: int
) -> dict[int, int | None]:
    """Return `original` + `exchanged` rows drawn evenly, each with None (its own caption) or the position of a drawn new caption.

    New captions are drawn first, from the rows that have any; the originals from all the others.
    """
    rng = np.random.default_rng([seed, zlib.crc32(b"mix.control")])
    offered = sorted(candidates.of_row)
    new = rng.choice(offered, exchanged, replace=False).tolist() if exchanged else []
    drawn: dict[int, int | None] = {row: int(rng.choice(candidates.of_row[row])) for row in new}
    others = [row for row in range(rows) if row not in drawn]
    return drawn | dict.fromkeys(rng.choice(others, original, replace=False).tolist())


def use_draw(
    draw: dict[int, int | None], mix: Mix, candidates: Candidates
) -> tuple[Decisions, np.ndarray]:
    """Put the drawn captions into `mix`; return the decisions that keep the drawn rows, and which of them have a new caption."""
    decisions = undecided(len(mix.ids))
    decisions.kept[:] = False
    exchanged = np.zeros(len(mix.ids), dtype=bool)
    similarity = candidates.values.get(SIMILARITY, [])
    for row, position in draw.items():
        decisions.kept[row] = True
        if position is not None:
            mix.text[row], mix.source[row] = (
                candidates.text[position],
                candidates.captioner[position],
            )
            mix.candidate[row], mix.similarity[row] = (
                candidates.candidate[position],
                number_of(similarity[position]),
            )
            exchanged[row] = True
    decisions.rule = ["" if kept else CONTROL for kept in decisions.kept]
    decisions.bound = ["" if kept else "not drawn" for kept in decisions.kept]
    mix.drawn = True
    return decisions, exchanged


def _rules_hold(
    candidates: Candidates, lines: Sequence[Line], values: dict[str, Values]
) -> np.ndarray:
    """Return for each new caption whether all filters keep it: text values are its own, the others its picture's."""
    row_of = np.zeros(len(candidates.text), dtype=np.int64)
    for row, positions in candidates.of_row.items():
        row_of[positions] = row
    holds = np.ones(len(row_of), dtype=bool)
    for line in lines:
        if line.kind != "filter":
            continue
        merged = {
            stat: candidates.values.get(stat, [column[row] for row in row_of])
            for stat, column in values[line.name].items()
        }
        holds &= verdicts(line, merged, np.arange(len(row_of)))
    return holds


def _repeats(
    mix: Mix,
    candidates: Candidates,
    new: np.ndarray,
    lines: Sequence[Line],
    values: dict[str, Values],
    decisions: Decisions,
) -> np.ndarray:
    """Return rows that come in with a new caption but repeat, by a deduplicator of the recipe, a kept sample or one before them."""
    lines = [line for line in lines if line.name.endswith("_deduplicator")]
    rows = np.concatenate(
        [np.flatnonzero(decisions.kept), np.flatnonzero(new)]
    )  # kept ones first: they stay
    position = {
        (row, candidates.candidate[p]): p
        for row, positions in candidates.of_row.items()
        for p in positions
    }
    merged: dict[str, Values] = {}
    for line in lines:
        columns: Values = {}
        for stat, column in values[line.name].items():
            own = candidates.values.get(stat)
            use_own = own is not None
            columns[stat] = [
                own[position[row, mix.candidate[row]]]
                if use_own and mix.candidate[row] >= 0
                else column[row]  # type: ignore[index]
                for row in rows
            ]
        merged[line.name] = columns
    flags = decide(lines, merged, [mix.ids[row] for row in rows], undecided(len(rows))).kept
    count = int(decisions.kept.sum())
    return rows[count:][~flags[count:]]


def selected_away(rule: str) -> bool:
    """Whether the rule that dropped a sample is a selector."""
    return rule.partition("#")[0].endswith("_selector")


def training_order(rows: np.ndarray, visits: int, seed: int) -> np.ndarray:
    """Return `visits` entries of `rows` in training order: whole shuffled passes, the last one cut short."""
    rng = np.random.default_rng([seed, zlib.crc32(b"mix.order")])
    passes = -(-visits // len(rows))
    return np.concatenate([rng.permutation(rows) for _ in range(passes)])[:visits]
