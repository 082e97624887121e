"""Making the stage-1 training set: exchange captions, then repeat or sample up to the budget."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bettersynth.data.questions.prompts import DESCRIBE_QUESTIONS
from bettersynth.data.samples.pool_samples import read_pool
from bettersynth.data.samples.text_form import caption_of_text
from bettersynth.data.tables.decisions import read_decisions
from bettersynth.data.tables.mix import (
    write_mix_card,
    write_mix_decisions,
    write_mix_table,
    write_train,
)
from bettersynth.data.tables.stats import read_stats
from bettersynth.errors import UserError
from bettersynth.measuring.number_rule import numbers_of
from bettersynth.recipes.decisions import Decisions
from bettersynth.recipes.filter_section import SIMILARITY, SIMILARITY_OPERATOR
from bettersynth.recipes.mixing.candidates import Candidates, read_new_captions
from bettersynth.recipes.mixing.challenge_rules import (
    read_questions,
    restored_question,
    within_budget,
)
from bettersynth.recipes.mixing.data_card import make_card
from bettersynth.recipes.mixing.decision_table import decision_table, mix_table
from bettersynth.recipes.mixing.exchange import choose_captions, drop_described
from bettersynth.recipes.mixing.mixture import Mix, mix_captions, training_order
from bettersynth.recipes.mixing.random_control import (
    captions_of_draw,
    decisions_of_draw,
    draw_control,
)
from bettersynth.recipes.pool_recipe import pool_values, read_pool_recipe
from bettersynth.settings.filter import FilterSettings
from bettersynth.settings.mix import MixSettings


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
    pool = read_pool()
    ids = pool["id"].to_pylist()
    texts = pool["text"].to_pylist()
    values = pool_values(lines, pool)
    similarity = _similarity(ids, params)
    decisions = stored_decisions(ids)
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
        exchanged = int(mix.exchanged.sum())
        original = int(used.sum()) - exchanged
        draw = draw_control(original, exchanged, candidates, len(ids), settings.seed)
        mix = mix_captions(ids, texts, similarity, candidates, captions_of_draw(draw))
        decisions = decisions_of_draw(draw, len(ids))
        used = decisions.kept
    rows = within_budget(np.flatnonzero(used), settings.budget)
    order = training_order(rows, settings.visits or len(rows), settings.seed)
    mix.weight = np.bincount(order, minlength=len(ids)).astype(np.int32)
    asked = questions_of(rows, ids, questions)
    write_train(training_entries(order, mix, pool["images"].to_pylist(), asked))
    write_mix_table(mix_table(mix, used))
    write_mix_decisions(decision_table(mix, decisions, drawn, lines, values, candidates))
    card = make_card(mix, decisions, drawn, lines, values, candidates)
    write_mix_card(card)
    return card["counts"]


def _similarity(ids: Sequence[str], params: dict[str, Any]) -> np.ndarray:
    """Return the similarity of each pool row's own caption, float64 `[rows]`, NaN without stats."""
    if SIMILARITY_OPERATOR not in (params.get("stats") or {}):
        return np.full(len(ids), np.nan)
    return numbers_of(read_stats(SIMILARITY_OPERATOR, ids)[SIMILARITY])


def stored_decisions(ids: Sequence[str]) -> Decisions:
    """Return what the filter stage decided of the pool.

    Raises:
        UserError: it has not run, or on another pool.
    """
    columns = read_decisions(ids)
    # None becomes NaN
    value = np.array(columns["value"], dtype=np.float64)
    kept = np.array(columns["kept"], dtype=bool)
    return Decisions(kept, columns["rule"], value, columns["bound"])


def questions_of(
    rows: np.ndarray, ids: Sequence[str], questions: Mapping[str, str] | None
) -> dict[str, str]:
    """Return the human turn of each of `rows` by id: restored, or one of our own."""
    asked: dict[str, str] = {}
    for row in rows:
        sample = ids[row]
        if questions is None:
            asked[sample] = f"<image>\n{question_of(sample)}"
        else:
            asked[sample] = restored_question(sample, questions)
    return asked


def question_of(sample: str) -> str:
    """Return the instruction that goes with a sample, fixed by its id."""
    # by the id: a sample is asked the same in every mix
    return DESCRIBE_QUESTIONS[zlib.crc32(sample.encode()) % len(DESCRIBE_QUESTIONS)]


def training_entries(
    order: np.ndarray,
    mix: Mix,
    images: Sequence[Sequence[str]],
    questions: Mapping[str, str],
) -> Iterator[dict[str, Any]]:
    """Yield one LLaVA entry a visit; `order` holds pool rows, int `[visits]`."""
    for row in order:
        sample = mix.ids[row]
        turns = [
            {"from": "human", "value": questions[sample]},
            {"from": "gpt", "value": caption_of_text(mix.text[row])},
        ]
        yield {"id": sample, "image": images[row][0], "conversations": turns}


def require_questions(path: Path | None) -> None:
    """Pass if the file that `mix.questions` names can be read, or none is named."""
    if path is not None:
        read_questions(path)
