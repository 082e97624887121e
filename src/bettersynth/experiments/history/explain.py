"""A sample's whole history in an experiment: where it came from, each value, bound and decision, the captions tried, its final weight."""

from __future__ import annotations

import difflib
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from bettersynth.data.files.reading import parse_json
from bettersynth.data.samples.text_form import caption_of_text
from bettersynth.errors import UserError
from bettersynth.experiments.history.compared_runs import WORKSPACE, Reader, reader_of, table_of
from bettersynth.settings.reading import parse_yaml

SAMPLES, REJECTS = "data/pool/samples.parquet", "data/pool/rejects.parquet"
DECISIONS, CARD, MIX = (
    "data/filter/decisions.parquet",
    "data/filter/card.json",
    "data/mix/decisions.parquet",
)
CANDIDATES, RESTATS = "data/caption/candidates.parquet", "data/restats/restats.parquet"


def explain(sample_id: str, name: str = WORKSPACE) -> str:
    """Return the history of `sample_id` in `name` (the workspace, a folder, a commit or a DVC experiment), one fact a line.

    Raises:
        UserError: the pipeline has not got as far as the pool, or no sample has this id (near ones are named).
    """
    read = reader_of(name)
    samples = _table(read, SAMPLES)
    if samples is None:
        raise UserError(
            f"{SAMPLES} does not exist {'yet' if name == WORKSPACE else f'in {name}'}; run `snakemake --cores all {SAMPLES}`"
        )
    sample = _first(samples, sample_id)
    if sample is None:
        rejected = _first(_table(read, REJECTS), sample_id)
        if rejected:
            return f"{sample_id}\n  set aside by pool: {rejected['reason']} ({', '.join(rejected['images'] or [])})"
        near = difflib.get_close_matches(sample_id, samples["id"].to_pylist(), n=3)
        hint = (
            f"near: {', '.join(near)}" if near else "ids are listed in data/mix/decisions.parquet"
        )
        raise UserError(f"no sample has the id {sample_id}; {hint}")
    lines = [sample_id, *_source(sample)]
    if sample["split"] != "pool":
        return "\n".join(
            [
                *lines,
                f"  split     {sample['split']}: not among the samples that stage 1 chooses from",
            ]
        )
    final = _first(_table(read, MIX), sample_id) or {}
    lines += _rules(read, sample_id, final)
    lines += _captions(read, sample_id, final)
    if final:
        lines.append(f"  mix       {final['reason']}")
        text = (
            f"{final['caption_source']} caption"
            if final["caption_source"] == "original"
            else f"new caption {final['candidate']}"
        )
        lines.append(
            f"  weight    {final['weight']} visits"
            + (f" with its {text}" if final["weight"] else "")
        )
    return "\n".join(lines)


def _source(sample: dict[str, Any]) -> list[str]:
    shown = "no image"
    if sample["images"]:
        shown = f"image {', '.join(sample['images'])} ({sample['width'][0]}x{sample['height'][0]}, {sample['size_bytes'][0]} bytes, "
        shown += f"sha256 {sample['image_sha256'][0][:12]})"
    return [
        f"  source    {sample['source']}, split {sample['split']}, {shown}",
        f"  caption   {caption_of_text(sample['text'])!r}",
    ]


def _rules(read: Reader, sample_id: str, final: dict[str, Any]) -> list[str]:
    """Return a line for each operator: its values and, if the recipe has it, its bounds and verdict on the original caption."""
    params = parse_yaml(read("params.yaml") or b"", "params.yaml") or {}
    values = {}
    for operator in params.get("stats") or {}:
        row = _first(_table(read, f"data/stats/{operator}.parquet"), sample_id)
        if row:
            values[operator] = ", ".join(
                f"{key} = {_short(value)}" for key, value in row.items() if key != "id"
            )
    card = parse_json(read(CARD) or b"{}", CARD)
    decision = _first(_table(read, DECISIONS), sample_id)
    lines, dropped = [], False
    rules = card.get("bounds") or dict.fromkeys(card.get("surviving", {}), "")
    for label, bounds in rules.items():
        operator = label.partition("#")[0]
        fate = "kept"
        if dropped:
            keeps = final.get(f"{label} keeps")
            fate = (
                "would keep it" if keeps else "not asked" if keeps is None else "would drop it too"
            )
        elif decision and decision["rule"] == label:
            fate, dropped = (
                f"DROPPED ({decision['bound']})" if decision["bound"] != bounds else "DROPPED",
                True,
            )
        allowed = f"; allowed {bounds}" if bounds else ""
        lines.append(
            f"  rule      {label}: {values.get(operator, 'draws at random')}{allowed}: {fate}"
        )
    used = {label.partition("#")[0] for label in rules}
    lines += [
        f"  measured  {operator}: {shown}"
        for operator, shown in values.items()
        if operator not in used
    ]
    if decision and not decision["kept"] and not dropped:  # the controls `random` and `oracle`
        lines.append(f"  control   dropped by {decision['rule']}: {decision['bound']}")
    elif decision and decision["kept"]:
        lines.append("  filter    kept by every rule")
    return lines


def _captions(read: Reader, sample_id: str, final: dict[str, Any]) -> list[str]:
    scores = {row["candidate"]: row for row in _rows(_table(read, RESTATS), sample_id)}
    lines = []
    for row in _rows(_table(read, CANDIDATES), sample_id):
        values = "".join(
            f", {key} = {_short(v)}"
            for key, v in scores.get(row["candidate"], {}).items()
            if key not in ("id", "candidate")
        )
        chosen = (
            " <- in training"
            if final.get("candidate") == row["candidate"] and final.get("weight")
            else ""
        )
        lines.append(
            f"  recaption {row['candidate']} by {row['captioner']}: {caption_of_text(row['text'])!r}{values}{chosen}"
        )
    return lines


def _table(read: Reader, path: str) -> pa.Table | None:
    content = read(path)
    return None if content is None else table_of(content, path)


def _rows(table: pa.Table | None, sample_id: str) -> list[dict[str, Any]]:
    return [] if table is None else table.filter(pc.equal(table["id"], sample_id)).to_pylist()


def _first(table: pa.Table | None, sample_id: str) -> dict[str, Any] | None:
    rows = _rows(table, sample_id)
    return rows[0] if rows else None


def _short(value: Any) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(map(_short, value)) + "]"
    if isinstance(value, str) and len(value) > 80:
        return f"{value[:20]}... ({len(value)} characters)"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
