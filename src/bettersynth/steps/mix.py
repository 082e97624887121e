"""Make the stage-1 training set: exchange captions, then repeat or sample up to the budget. Run alone: `python -m bettersynth.steps.mix`.

Writes `data/mix/`: train.json (LLaVA json, in training order), mix.parquet, decisions.parquet and card.json.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa

from bettersynth.benchmarks.questions import DESCRIBE_QUESTIONS
from bettersynth.challenge_rules import read_questions, restored_question, within_budget
from bettersynth.data_card import make_card
from bettersynth.decisions import Decisions, decide, number_of, undecided, verdicts
from bettersynth.errors import UserError, run_step
from bettersynth.files import complete_or_absent, read_table, write_json, write_table
from bettersynth.operators.protocols import EMBEDDING, Values
from bettersynth.params import load_params, read_settings
from bettersynth.recipe import Line
from bettersynth.samples import caption_of_text
from bettersynth.stat_tables import column_of, read_pool, read_values
from bettersynth.steps import filter as filter_step

MIX = Path("data/mix")
CANDIDATES = Path("data/caption/candidates.parquet")
RESTATS = Path("data/restats/restats.parquet")
CONTROL = "random control"
DESCRIBED = "keep_original_sample"
SIMILARITY_OPERATOR, SIMILARITY = "image_text_similarity_filter", "image_text_similarity"


@dataclass(frozen=True)
class Settings:
    """`visits` training samples in all (null: each once); `exchange` puts captions with a similarity above `exchange_threshold` in their
    originals' place. The challenge's rules: at most `budget` different samples; `questions`, a LLaVA json, gives each its own question back.

    `control: random` counts what the recipe gives, by caption source, and draws as many from the whole pool instead.
    """

    visits: int | None = 9000
    budget: int | None = None
    questions: Path | None = None
    exchange: bool = True
    exchange_threshold: float = 0.0
    control: Literal["", "random"] = ""
    seed: int = 0


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


def main() -> dict[str, int]:
    params = load_params()
    settings = read_settings(Settings, params.get("mix"), "params.yaml: mix")
    filter_settings = read_settings(filter_step.Settings, params.get("filter"), "params.yaml: filter")
    for name in ("visits", "budget"):
        if (value := getattr(settings, name)) is not None and value < 1:
            raise UserError(f"params.yaml: mix.{name} is {value}; it must be above 0")
    questions = read_questions(settings.questions) if settings.questions else None
    lines = filter_step.read_filter_recipe(filter_settings, params)
    pool = read_pool()
    ids = pool["id"].to_pylist()
    values = {line.name: read_values(line.name, ids) for line in lines if line.measuring is not None}
    if SIMILARITY_OPERATOR in (params.get("stats") or {}):
        values.setdefault(SIMILARITY_OPERATOR, read_values(SIMILARITY_OPERATOR, ids))
    decisions = read_decisions(ids)
    candidates = read_candidates(ids) if settings.exchange else Candidates()
    keep_original = keeps_originals(params)
    if not keep_original:
        drop_described(decisions, candidates)
    mix = start_mix(ids, pool["text"].to_pylist(), values)
    exchanged = exchange(mix, candidates, lines, values, decisions, settings.exchange_threshold, keep_original)
    used = decisions.kept | exchanged
    if not used.any():
        raise UserError("no sample is left for training: the recipe kept none and no new caption passed")
    if settings.control == "random":
        draw = draw_control(int((used & ~exchanged).sum()), int(exchanged.sum()), candidates, len(ids), settings.seed)
        mix = start_mix(ids, pool["text"].to_pylist(), values)
        decisions, exchanged = use_draw(draw, mix, candidates)
        used = decisions.kept
    rows = within_budget(np.flatnonzero(used), settings.budget)
    order = training_order(rows, settings.visits or len(rows), settings.seed)
    mix.weight = np.bincount(order, minlength=len(ids)).astype(np.int32)
    asked = {ids[row]: restored_question(ids[row], questions) if questions else f"<image>\n{question_of(ids[row])}" for row in rows}
    write_mix(mix, order, used, pool["images"].to_pylist(), asked, decisions, lines, values, candidates)
    card = make_card(mix, decisions, lines, values, used, exchanged, len(candidates.of_row), len(candidates.text))
    write_json(MIX / "card.json", card)
    counts = card["counts"]
    print(f"{counts['original']:,} original and {counts['exchanged']:,} new captions, {counts['visits']:,} visits")
    return {"samples": counts["samples"]}


def read_decisions(ids: Sequence[str]) -> Decisions:
    path = filter_step.FILTER / "decisions.parquet"
    if not path.exists():
        raise UserError(f"{path} does not exist; run `python -m bettersynth.steps.filter`")
    table = read_table(path)
    if table["id"].to_pylist() != list(ids):
        raise UserError(f"{path} belongs to another pool; run `python -m bettersynth.steps.filter`")
    kept = np.array(table["kept"].to_pylist(), dtype=bool)
    value = np.array([np.nan if v is None else v for v in table["value"].to_pylist()], dtype=np.float64)
    return Decisions(kept, table["rule"].to_pylist(), value, table["bound"].to_pylist())


def read_candidates(ids: Sequence[str]) -> Candidates:
    """Return the new captions with their values.

    Raises:
        UserError: captions or their values are missing, or do not belong together.
    """
    for path in (CANDIDATES, RESTATS):
        if not path.exists():
            raise UserError(f"{path} does not exist; run `snakemake --cores all {path}`, or set mix.exchange=false")
    made, measured = read_table(CANDIDATES), read_table(RESTATS)
    for key in ("id", "candidate"):
        if made[key].to_pylist() != measured[key].to_pylist():
            raise UserError(f"{RESTATS} belongs to other captions; run `python -m bettersynth.steps.restats`")
    rows = {sample: row for row, sample in enumerate(ids)}
    of_row: dict[int, list[int]] = {}
    for position, sample in enumerate(made["id"].to_pylist()):
        if sample not in rows:
            raise UserError(f"{CANDIDATES}: {sample} is not in the pool; run `python -m bettersynth.steps.caption`")
        of_row.setdefault(rows[sample], []).append(position)
    values = {name: measured[name].to_pylist() for name in measured.column_names if name not in ("id", "candidate")}
    return Candidates(made["captioner"].to_pylist(), made["candidate"].to_pylist(), made["text"].to_pylist(), values, of_row)


def keeps_originals(params: dict[str, Any]) -> bool:
    """Return `caption.keep_original_sample`."""
    value = (params.get("caption") or {}).get("keep_original_sample", True)
    if not isinstance(value, bool):
        raise UserError(f"params.yaml: caption.keep_original_sample is {value!r}; allowed: true, false")
    return value


def drop_described(decisions: Decisions, candidates: Candidates) -> None:
    """Drop the original caption of every sample that has new ones, under the rule `keep_original_sample`."""
    for row in candidates.of_row:
        if decisions.kept[row]:
            decisions.kept[row], decisions.rule[row], decisions.bound[row] = False, DESCRIBED, "false"


def start_mix(ids: list[str], texts: list[str], values: dict[str, Values]) -> Mix:
    """Return the pool with its original captions, nothing visited yet."""
    measured = values.get(SIMILARITY_OPERATOR, {}).get(SIMILARITY, [None] * len(ids))
    similarity = np.array([number_of(value) for value in measured], dtype=np.float64)
    empty = np.zeros(len(ids), dtype=np.int32)
    return Mix(ids, list(texts), ["original"] * len(ids), empty - 1, similarity, similarity.copy(), empty)


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
    similarity = np.array([number_of(value) for value in candidates.values[SIMILARITY]])
    passes = _rules_hold(candidates, lines, values)
    for row, positions in candidates.of_row.items():
        before = mix.similarity_before[row] if beat_original else -np.inf
        good = [p for p in positions if passes[p] and similarity[p] > threshold and not similarity[p] <= before]
        if not good or decisions.rule[row] in ("random", "oracle") or selected_away(decisions.rule[row]):
            continue
        best = max(good, key=lambda p: (similarity[p], -p))
        mix.text[row], mix.source[row] = candidates.text[best], candidates.captioner[best]
        mix.candidate[row], mix.similarity[row] = candidates.candidate[best], similarity[best]
        exchanged[row] = True
    repeated = _repeats(mix, candidates, exchanged & ~decisions.kept, lines, values, decisions)
    for row in repeated:
        mix.text[row], mix.source[row], mix.similarity[row] = "", "original", mix.similarity_before[row]
        mix.candidate[row] = -1
    exchanged[repeated] = False
    return exchanged


def draw_control(original: int, exchanged: int, candidates: Candidates, rows: int, seed: int) -> dict[int, int | None]:
    """Return `original` + `exchanged` rows drawn evenly, each with None (its own caption) or the position of a drawn new caption.

    New captions are drawn first, from the rows that have any; the originals from all the others.
    """
    rng = np.random.default_rng([seed, zlib.crc32(b"mix.control")])
    offered = sorted(candidates.of_row)
    new = rng.choice(offered, exchanged, replace=False).tolist() if exchanged else []
    drawn: dict[int, int | None] = {row: int(rng.choice(candidates.of_row[row])) for row in new}
    others = [row for row in range(rows) if row not in drawn]
    return drawn | dict.fromkeys(rng.choice(others, original, replace=False).tolist())


def use_draw(draw: dict[int, int | None], mix: Mix, candidates: Candidates) -> tuple[Decisions, np.ndarray]:
    """Put the drawn captions into `mix`; return the decisions that keep the drawn rows, and which of them have a new caption."""
    decisions = undecided(len(mix.ids))
    decisions.kept[:] = False
    exchanged = np.zeros(len(mix.ids), dtype=bool)
    similarity = candidates.values.get(SIMILARITY, [])
    for row, position in draw.items():
        decisions.kept[row] = True
        if position is not None:
            mix.text[row], mix.source[row] = candidates.text[position], candidates.captioner[position]
            mix.candidate[row], mix.similarity[row] = candidates.candidate[position], number_of(similarity[position])
            exchanged[row] = True
    decisions.rule = ["" if kept else CONTROL for kept in decisions.kept]
    decisions.bound = ["" if kept else "not drawn" for kept in decisions.kept]
    mix.drawn = True
    return decisions, exchanged


def _rules_hold(candidates: Candidates, lines: Sequence[Line], values: dict[str, Values]) -> np.ndarray:
    """Return for each new caption whether all filters keep it: text values are its own, the others its picture's."""
    row_of = np.zeros(len(candidates.text), dtype=np.int64)
    for row, positions in candidates.of_row.items():
        row_of[positions] = row
    holds = np.ones(len(row_of), dtype=bool)
    for line in lines:
        if line.kind != "filter":
            continue
        merged = {stat: candidates.values.get(stat, [column[row] for row in row_of]) for stat, column in values[line.name].items()}
        holds &= verdicts(line, merged, np.arange(len(row_of)))
    return holds


def _repeats(
    mix: Mix, candidates: Candidates, new: np.ndarray, lines: Sequence[Line], values: dict[str, Values], decisions: Decisions
) -> np.ndarray:
    """Return rows that come in with a new caption but repeat, by a deduplicator of the recipe, a kept sample or one before them."""
    lines = [line for line in lines if line.name.endswith("_deduplicator")]
    rows = np.concatenate([np.flatnonzero(decisions.kept), np.flatnonzero(new)])  # kept ones first: they stay
    position = {(row, candidates.candidate[p]): p for row, positions in candidates.of_row.items() for p in positions}
    merged: dict[str, Values] = {}
    for line in lines:
        columns: Values = {}
        for stat, column in values[line.name].items():
            own = candidates.values.get(stat)
            use_own = own is not None
            columns[stat] = [
                own[position[row, mix.candidate[row]]] if use_own and mix.candidate[row] >= 0 else column[row]  # type: ignore[index]
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
    with complete_or_absent(MIX / "train.json") as temporary, open(temporary, "w", encoding="utf-8") as stream:
        stream.write("[\n")
        for k, row in enumerate(order):
            turns = [
                {"from": "human", "value": questions[mix.ids[row]]},
                {"from": "gpt", "value": caption_of_text(mix.text[row])},
            ]
            sample = {"id": mix.ids[row], "image": images[row][0], "conversations": turns}
            stream.write(json.dumps(sample, ensure_ascii=False) + (",\n" if k + 1 < len(order) else "\n"))
        stream.write("]\n")
    rows = np.flatnonzero(used)
    columns: dict[str, Any] = {
        "id": [mix.ids[row] for row in rows],
        "caption_source": [mix.source[row] for row in rows],
        "candidate": pa.array(mix.candidate[rows], pa.int32()),
        "weight": pa.array(mix.weight[rows], pa.int32()),
    }
    write_table(MIX / "mix.parquet", pa.table(columns))
    write_table(MIX / "decisions.parquet", decisions_table(mix, used, decisions, lines, values, candidates))


def decisions_table(
    mix: Mix, used: np.ndarray, decisions: Decisions, lines: Sequence[Line], values: dict[str, Values], candidates: Candidates
) -> pa.Table:
    """Return one row a pool sample: the decision, each rule's values and verdict on the original caption, and the reason in words."""
    everyone = np.arange(len(mix.ids))
    columns: dict[str, Any] = {
        "id": mix.ids,
        "kept": decisions.kept,
        "rule": decisions.rule,
        "caption_source": [source if flag else "" for source, flag in zip(mix.source, used, strict=True)],
        "candidate": pa.array(mix.candidate, pa.int32()),
        "candidates_tried": pa.array([len(candidates.of_row.get(row, ())) for row in everyone], pa.int32()),
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
    why = f"{decisions.rule[row]} ({'' if np.isnan(value) else f'{value:.4g}; '}{decisions.bound[row]})" if decisions.rule[row] else ""
    if mix.drawn and used:
        how = f"new caption {mix.candidate[row]} of {mix.source[row]}" if mix.candidate[row] >= 0 else "its own caption"
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
