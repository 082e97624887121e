"""Make the stage-1 training set: exchange captions, then repeat or sample up to the budget. Run alone: `python -m bettersynth.steps.mix`.

Writes `data/mix/`: train.json (LLaVA json, in training order), mix.parquet, decisions.parquet and card.json.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from bettersynth.data.files.reading import read_table
from bettersynth.data.files.writing import complete_or_absent, write_json, write_table
from bettersynth.data.questions.prompts import DESCRIBE_QUESTIONS
from bettersynth.data.samples.text_form import caption_of_text
from bettersynth.errors import UserError
from bettersynth.experiments.workflow.run_step import run_step
from bettersynth.measuring.protocols import EMBEDDING, Values
from bettersynth.measuring.stat_tables import column_of, read_pool, read_values
from bettersynth.recipes.decisions import Decisions, verdicts
from bettersynth.recipes.lines import Line
from bettersynth.recipes.mixing.challenge_rules import (
    read_questions,
    restored_question,
    within_budget,
)
from bettersynth.recipes.mixing.data_card import make_card
from bettersynth.recipes.mixing.mixture import (
    SIMILARITY_OPERATOR,
    Candidates,
    Mix,
    draw_control,
    drop_described,
    exchange,
    start_mix,
    training_order,
    use_draw,
)
from bettersynth.settings.filter import FilterSettings
from bettersynth.settings.mix import MixSettings
from bettersynth.settings.reading import load_params, read_settings
from bettersynth.steps import filter as filter_step

MIX = Path("data/mix")
CANDIDATES = Path("data/caption/candidates.parquet")
RESTATS = Path("data/restats/restats.parquet")


def main() -> dict[str, int]:
    params = load_params()
    settings = read_settings(MixSettings, params.get("mix"), "params.yaml: mix")
    filter_settings = read_settings(FilterSettings, params.get("filter"), "params.yaml: filter")
    questions = read_questions(settings.questions) if settings.questions else None
    lines = filter_step.read_filter_recipe(filter_settings, params)
    pool = read_pool()
    ids = pool["id"].to_pylist()
    values = {
        line.name: read_values(line.name, ids) for line in lines if line.measuring is not None
    }
    if SIMILARITY_OPERATOR in (params.get("stats") or {}):
        values.setdefault(SIMILARITY_OPERATOR, read_values(SIMILARITY_OPERATOR, ids))
    decisions = read_decisions(ids)
    candidates = read_candidates(ids) if settings.exchange else Candidates()
    keep_original = keeps_originals(params)
    if not keep_original:
        drop_described(decisions, candidates)
    mix = start_mix(ids, pool["text"].to_pylist(), values)
    exchanged = exchange(
        mix, candidates, lines, values, decisions, settings.exchange_threshold, keep_original
    )
    used = decisions.kept | exchanged
    if not used.any():
        raise UserError(
            "no sample is left for training: the recipe kept none and no new caption passed"
        )
    if settings.control == "random":
        draw = draw_control(
            int((used & ~exchanged).sum()),
            int(exchanged.sum()),
            candidates,
            len(ids),
            settings.seed,
        )
        mix = start_mix(ids, pool["text"].to_pylist(), values)
        decisions, exchanged = use_draw(draw, mix, candidates)
        used = decisions.kept
    rows = within_budget(np.flatnonzero(used), settings.budget)
    order = training_order(rows, settings.visits or len(rows), settings.seed)
    mix.weight = np.bincount(order, minlength=len(ids)).astype(np.int32)
    asked = {
        ids[row]: restored_question(ids[row], questions)
        if questions
        else f"<image>\n{question_of(ids[row])}"
        for row in rows
    }
    write_mix(
        mix, order, used, pool["images"].to_pylist(), asked, decisions, lines, values, candidates
    )
    card = make_card(
        mix, decisions, lines, values, used, exchanged, len(candidates.of_row), len(candidates.text)
    )
    write_json(MIX / "card.json", card)
    counts = card["counts"]
    print(
        f"{counts['original']:,} original and {counts['exchanged']:,} new captions, {counts['visits']:,} visits"
    )
    return {"samples": counts["samples"]}


def read_decisions(ids: Sequence[str]) -> Decisions:
    path = filter_step.FILTER / "decisions.parquet"
    if not path.exists():
        raise UserError(f"{path} does not exist; run `python -m bettersynth.steps.filter`")
    table = read_table(path)
    if table["id"].to_pylist() != list(ids):
        raise UserError(f"{path} belongs to another pool; run `python -m bettersynth.steps.filter`")
    kept = np.array(table["kept"].to_pylist(), dtype=bool)
    value = np.array(
        [np.nan if v is None else v for v in table["value"].to_pylist()], dtype=np.float64
    )
    return Decisions(kept, table["rule"].to_pylist(), value, table["bound"].to_pylist())


def read_candidates(ids: Sequence[str]) -> Candidates:
    """Return the new captions with their values.

    Raises:
        UserError: captions or their values are missing, or do not belong together.
    """
    for path in (CANDIDATES, RESTATS):
        if not path.exists():
            raise UserError(
                f"{path} does not exist; run `snakemake --cores all {path}`, or set mix.exchange=false"
            )
    made, measured = read_table(CANDIDATES), read_table(RESTATS)
    for key in ("id", "candidate"):
        if made[key].to_pylist() != measured[key].to_pylist():
            raise UserError(
                f"{RESTATS} belongs to other captions; run `python -m bettersynth.steps.restats`"
            )
    rows = {sample: row for row, sample in enumerate(ids)}
    of_row: dict[int, list[int]] = {}
    for position, sample in enumerate(made["id"].to_pylist()):
        if sample not in rows:
            raise UserError(
                f"{CANDIDATES}: {sample} is not in the pool; run `python -m bettersynth.steps.caption`"
            )
        of_row.setdefault(rows[sample], []).append(position)
    values = {
        name: measured[name].to_pylist()
        for name in measured.column_names
        if name not in ("id", "candidate")
    }
    return Candidates(
        made["captioner"].to_pylist(),
        made["candidate"].to_pylist(),
        made["text"].to_pylist(),
        values,
        of_row,
    )


def keeps_originals(params: dict[str, Any]) -> bool:
    """Return `caption.keep_original_sample`."""
    value = (params.get("caption") or {}).get("keep_original_sample", True)
    if not isinstance(value, bool):
        raise UserError(
            f"params.yaml: caption.keep_original_sample is {value!r}; allowed: true, false"
        )
    return value


def question_of(sample: str) -> str:
    """Return the instruction that goes with a sample, fixed by its id."""
    return DESCRIBE_QUESTIONS[zlib.crc32(sample.encode()) % len(DESCRIBE_QUESTIONS)]


def write_mix(
    mix: Mix,
    order: np.ndarray,
    used: np.ndarray,
    images: Sequence[Sequence[str]],
    questions: Mapping[str, str],
    decisions: Decisions,
    lines: Sequence[Line],
    values: dict[str, Values],
    candidates: Candidates,
) -> None:
    """Write train.json, mix.parquet and decisions.parquet."""
    with (
        complete_or_absent(MIX / "train.json") as temporary,
        open(temporary, "w", encoding="utf-8") as stream,
    ):
        stream.write("[\n")
        for k, row in enumerate(order):
            turns = [
                {"from": "human", "value": questions[mix.ids[row]]},
                {"from": "gpt", "value": caption_of_text(mix.text[row])},
            ]
            sample = {"id": mix.ids[row], "image": images[row][0], "conversations": turns}
            stream.write(
                json.dumps(sample, ensure_ascii=False) + (",\n" if k + 1 < len(order) else "\n")
            )
        stream.write("]\n")
    rows = np.flatnonzero(used)
    columns: dict[str, Any] = {
        "id": [mix.ids[row] for row in rows],
        "caption_source": [mix.source[row] for row in rows],
        "candidate": pa.array(mix.candidate[rows], pa.int32()),
        "weight": pa.array(mix.weight[rows], pa.int32()),
    }
    write_table(MIX / "mix.parquet", pa.table(columns))
    write_table(
        MIX / "decisions.parquet", decisions_table(mix, used, decisions, lines, values, candidates)
    )


def decisions_table(
    mix: Mix,
    used: np.ndarray,
    decisions: Decisions,
    lines: Sequence[Line],
    values: dict[str, Values],
    candidates: Candidates,
) -> pa.Table:
    """Return one row a pool sample: the decision, each rule's values and verdict on the original caption, and the reason in words."""
    everyone = np.arange(len(mix.ids))
    columns: dict[str, Any] = {
        "id": mix.ids,
        "kept": decisions.kept,
        "rule": decisions.rule,
        "caption_source": [
            source if flag else "" for source, flag in zip(mix.source, used, strict=True)
        ],
        "candidate": pa.array(mix.candidate, pa.int32()),
        "candidates_tried": pa.array(
            [len(candidates.of_row.get(row, ())) for row in everyone], pa.int32()
        ),
        "similarity_before": pa.array(mix.similarity_before, pa.float64()),
        "similarity": pa.array(mix.similarity, pa.float64()),
        "weight": pa.array(mix.weight, pa.int32()),
        "reason": [_reason(mix, row, used[row], decisions, candidates) for row in everyone],
    }
    for line in lines:
        if line.kind == "selector":
            continue
        for stat, column in values[line.name].items():
            if stat != EMBEDDING:  # thousands of characters a sample
                columns.setdefault(stat, column_of(column))
        columns[f"{line.label} keeps"] = verdicts(line, values[line.name], everyone)
    return pa.table(columns)


def _reason(mix: Mix, row: int, used: bool, decisions: Decisions, candidates: Candidates) -> str:
    tried = len(candidates.of_row.get(row, ()))
    value = decisions.value[row]
    why = (
        f"{decisions.rule[row]} ({'' if np.isnan(value) else f'{value:.4g}; '}{decisions.bound[row]})"
        if decisions.rule[row]
        else ""
    )
    if mix.drawn and used:
        how = (
            f"new caption {mix.candidate[row]} of {mix.source[row]}"
            if mix.candidate[row] >= 0
            else "its own caption"
        )
        return f"drawn by the random control, with {how}; visited {mix.weight[row]} times"
    if mix.drawn:
        return "not drawn by the random control"
    if mix.candidate[row] >= 0:
        better = f"similarity {mix.similarity_before[row]:.3f} to {mix.similarity[row]:.3f}"
        how = f"new caption {mix.candidate[row]} of {mix.source[row]}, {better}"
        return f"{how}{f', after {why} dropped the original' if why else ', better than the original'}; visited {mix.weight[row]} times"
    if used:
        return f"kept by every rule; visited {mix.weight[row]} times"
    return f"dropped by {why}" + (f"; none of {tried} new captions passed" if tried else "")


if __name__ == "__main__":
    run_step(main)
