"""Making the stage-1 training set: exchange captions, then repeat or sample up to the budget."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from bettersynth.data.questions.prompts import DESCRIBE_QUESTIONS
from bettersynth.data.samples.llava import llava_entry
from bettersynth.data.samples.pool_samples import read_pool
from bettersynth.data.samples.text_form import caption_of_text
from bettersynth.data.samples.visit_order import group_of_rows, training_order, weighted_order
from bettersynth.data.tables.column_rows import contained, take_rows, take_table
from bettersynth.data.tables.contamination import dropped_of_pool
from bettersynth.data.tables.decisions import read_decisions
from bettersynth.data.tables.mix import (
    write_mix_card,
    write_mix_decisions,
    write_mix_table,
    write_train,
)
from bettersynth.data.tables.row_texts import RowTexts
from bettersynth.data.tables.samples import judged_of, types_of
from bettersynth.errors import UserError
from bettersynth.measuring.number_rule import numbers_of
from bettersynth.recipes.decisions import Decisions
from bettersynth.recipes.filter_section import SIMILARITY, SIMILARITY_OPERATOR
from bettersynth.recipes.left_out import BUDGET, CONTAMINATION
from bettersynth.recipes.mixing.candidates import Candidates, read_new_captions
from bettersynth.recipes.mixing.challenge_rules import (
    read_questions,
    restored_question,
    within_budget,
)
from bettersynth.recipes.mixing.data_card import make_card
from bettersynth.recipes.mixing.decision_table import decision_parts, mix_table
from bettersynth.recipes.mixing.exchange import choose_captions, drop_described
from bettersynth.recipes.mixing.mixture import ROWS_AT_ONCE, Mix, mix_captions
from bettersynth.recipes.mixing.random_control import (
    decisions_of_draw,
    draw_control,
)
from bettersynth.recipes.mixing.sources_part import sources_part
from bettersynth.recipes.pool_recipe import needs_rows, pool_values, read_pool_recipe
from bettersynth.recipes.stored_columns import stored_values
from bettersynth.settings.filter import FilterSettings
from bettersynth.settings.mix import MixSettings

# of the pool, what a mix goes by whose recipe asks for stored stats alone
MIXED_COLUMNS = ("id", "text", "images", "source", "type", "conversations", "judged")


def make_training_set(
    settings: MixSettings,
    filter_settings: FilterSettings,
    keep_original: bool,
    params: dict[str, Any],
) -> dict[str, Any]:
    """Write everything in `data/mix/`, and return the counts of its card.

    `keep_original` is `caption.keep_original_sample`: whether a described sample may keep its own
    caption.

    Raises:
        UserError: a stage has not run, the settings do not go together, or nothing is left.
    """
    questions = read_questions(settings.questions) if settings.questions else None
    lines = read_pool_recipe(filter_settings, params)
    pool = read_pool(() if needs_rows(lines) else MIXED_COLUMNS)
    ids = pool["id"]
    texts = pool["text"]
    values = pool_values(lines, pool)
    similarity = _similarity(pool["id"], params)
    judged = judged_of(pool)
    decisions = stored_decisions(ids, judged)
    contaminated = drop_contaminated(decisions, ids)
    candidates = read_new_captions(pool, lines, values) if settings.exchange else Candidates()
    if not keep_original:
        drop_described(decisions, candidates)
    chosen = choose_captions(
        similarity,
        candidates,
        lines,
        values,
        decisions,
        ids,
        settings.exchange_threshold,
        keep_original,
        settings.new_captions_pass,
    )
    mix = mix_captions(ids, texts, similarity, candidates, chosen)
    used = decisions.kept | mix.exchanged
    if not used.any():
        raise UserError(
            "no sample is left for training: the recipe kept none and no new caption passed"
        )
    drawn = settings.control == "random"
    if drawn:
        mix, decisions = _by_chance(mix, used, judged, judged & ~contaminated, settings.seed)
        drop_contaminated(decisions, ids)
        used = decisions.kept
    rows = within_budget(np.flatnonzero(used), settings.budget)
    over_budget = drop_undrawn(mix, decisions, used, rows, settings.budget)
    used[over_budget] = False
    order = order_of_visits(rows, pool, settings)
    mix.weight = np.bincount(order, minlength=len(ids)).astype(np.int32)
    write_train(training_entries(order, mix, pool, questions))
    write_mix_table(mix_table(mix, used))
    write_mix_decisions(decision_parts(mix, decisions, drawn, lines, values))
    card = make_card(mix, decisions, drawn, lines, values)
    if len(over_budget):
        card["over_budget"] = len(over_budget)
    card |= sources_part(pool, mix, used, settings.weights)
    write_mix_card(card)
    return card["counts"]


def _by_chance(
    mix: Mix, used: np.ndarray, judged: np.ndarray, offered: np.ndarray, seed: int
) -> tuple[Mix, Decisions]:
    """Return the random control of a mix: as many originals and new captions as it `used` of the
    rows that are `judged`, drawn from those that are `offered` (bool `[rows]` each).
    """
    exchanged = int(mix.exchanged.sum())
    original = int(used[judged].sum()) - exchanged
    draw = draw_control(original, exchanged, mix.new, offered, seed)
    drawn = mix_captions(mix.ids, mix.own_text, mix.similarity_before, mix.new, draw.chosen)
    return drawn, decisions_of_draw(draw, judged)


def drop_undrawn(
    mix: Mix, decisions: Decisions, used: np.ndarray, rows: np.ndarray, budget: int | None
) -> np.ndarray:
    """Drop what the budget's draw left out; return which rows, int `[dropped]`.

    `used` is bool `[pool]`, what could be trained on; `rows`, int `[drawn]`, were drawn of it.
    """
    undrawn = used.copy()
    undrawn[rows] = False
    dropped = np.flatnonzero(undrawn)
    mix.keep_own(dropped)
    decisions.drop(dropped, BUDGET, f"not among the {budget} that were drawn")
    return dropped


def order_of_visits(rows: np.ndarray, pool: pa.Table, settings: MixSettings) -> np.ndarray:
    """Return the pool's `rows` in training order, as often as they are visited, int `[visits]`.

    Raises:
        UserError: `mix.weights` and the sources or types of the rows do not go together.
    """
    if not settings.weights:
        return training_order(rows, settings.visits or len(rows), settings.seed)
    groups = take_rows(group_of_rows(settings.weights, pool["source"], types_of(pool)), rows)
    # with weights there are visits: the settings say so
    visits = settings.visits or len(rows)
    where = "params.yaml: mix.weights"
    return weighted_order(rows, groups, settings.weights, visits, settings.seed, where)


def _similarity(ids: pa.ChunkedArray, params: dict[str, Any]) -> np.ndarray:
    """Return the similarity of each pool row's own caption, float64 `[rows]`, NaN without stats."""
    if SIMILARITY_OPERATOR not in (params.get("stats") or {}):
        return np.full(len(ids), np.nan)
    return numbers_of(stored_values(SIMILARITY_OPERATOR, ids)[SIMILARITY])


def stored_decisions(ids: pa.ChunkedArray, judged: np.ndarray | None = None) -> Decisions:
    """Return what the filter stage decided of the pool, of which it `judged` some rows (bool
    `[rows]`) or all (None).

    Raises:
        UserError: it has not run, or on another pool.
    """
    table = read_decisions(ids)
    # copies, since Arrow's own can't be written to
    kept = table["kept"].to_numpy().astype(bool)
    value = table["value"].to_numpy().astype(np.float64)
    rule, bound = RowTexts.of(table["rule"]), RowTexts.of(table["bound"])
    return Decisions(kept, rule, value, bound, judged=judged)


def drop_contaminated(decisions: Decisions, ids: pa.ChunkedArray) -> np.ndarray:
    """Drop the samples that the stage `contamination` says to; return bool `[rows]`, which ones.

    Raises:
        UserError: that stage has not run.
    """
    contaminated = contained(ids, pa.array(sorted(dropped_of_pool()), pa.string()))
    decisions.drop(np.flatnonzero(contaminated), CONTAMINATION, "a benchmark holds it")
    return contaminated


def asked_of(sample: str, questions: Mapping[str, str] | None) -> str:
    """Return the human turn that goes with a sample: restored, or one of our own."""
    if questions is None:
        return f"<image>\n{question_of(sample)}"
    return restored_question(sample, questions)


def question_of(sample: str) -> str:
    """Return the instruction that goes with a sample, fixed by its id."""
    # by the id: a sample is asked the same in every mix
    return DESCRIBE_QUESTIONS[zlib.crc32(sample.encode()) % len(DESCRIBE_QUESTIONS)]


def training_entries(
    order: np.ndarray,
    mix: Mix,
    pool: pa.Table,
    questions: Mapping[str, str] | None,
) -> Iterator[dict[str, Any]]:
    """Yield one LLaVA entry a visit; `order` holds pool rows, int `[visits]`.

    `pool` holds the pictures of each row, and the turns of one that is no caption; `questions` what
    to ask of a sample (None: one of our own).

    Raises:
        UserError: there is no question for a sample.
    """
    columns = ["id", "images", *({"conversations"} & set(pool.column_names))]
    for start in range(0, len(order), ROWS_AT_ONCE):
        rows = order[start : start + ROWS_AT_ONCE]
        facts = take_table(pool.select(columns), rows).to_pylist()
        in_use = zip(facts, mix.texts(rows), mix.images(rows), strict=True)
        for fact, text, new_image in in_use:
            sample, names = fact["id"], fact["images"]
            if fact.get("conversations"):
                yield llava_entry(sample, names, json.loads(fact["conversations"]))
                continue
            turns = [
                {"from": "human", "value": asked_of(sample, questions)},
                {"from": "gpt", "value": caption_of_text(text)},
            ]
            image = new_image or names[0]
            yield {"id": sample, "image": image, "conversations": turns}


def require_questions(path: Path | None) -> None:
    """Pass if the file that `mix.questions` names can be read, or none is named."""
    if path is not None:
        read_questions(path)
