"""A sample's whole history: where it came from, what was measured, which rule decided, which captions were tried."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Any

import pyarrow.compute as pc

from bettersynth.errors import UserError
from bettersynth.files import read_table
from bettersynth.samples import caption_of_text


def explain(sample_id: str, root: str | Path = ".") -> str:
    """Return the history of `sample_id` in the tables under `root/data`, one fact a line.

    Raises:
        UserError: the pipeline has not got as far as the pool, or no sample has this id (near ones are named).
    """
    data = Path(root) / "data"
    sample = _row(data / "pool/samples.parquet", sample_id)
    if sample is None:
        rejected = _row(data / "pool/rejects.parquet", sample_id)
        if rejected:
            return f"{sample_id}\n  set aside by pool: {rejected['reason']} ({', '.join(rejected['images'] or [])})"
        raise UserError(_unknown(sample_id, data / "pool/samples.parquet"))
    lines = [
        sample_id,
        f"  source    {sample['source']}, split {sample['split']}, image {', '.join(sample['images'])}"
        f" ({sample['width'][0]}x{sample['height'][0]}, {sample['size_bytes'][0]} bytes, sha256 {sample['image_sha256'][0][:12]})"
        if sample["images"]
        else f"  source    {sample['source']}, split {sample['split']}, no image",
        f"  caption   {caption_of_text(sample['text'])!r}",
    ]
    for path in sorted((data / "stats").glob("*.parquet")):
        row = _row(path, sample_id) or {}
        values = ", ".join(f"{key} = {_short(value)}" for key, value in row.items() if key != "id")
        lines += [f"  measured  {path.stem}: {values}"] if values else []
    decision = _row(data / "filter/decisions.parquet", sample_id)
    if decision:
        verdict = (
            "kept by every rule"
            if decision["kept"]
            else f"dropped by {decision['rule']}: {_short(decision['value'])}, allowed {decision['bound']}"
        )
        lines.append(f"  filter    {verdict}")
    scores = {row["candidate"]: row for row in _rows(data / "restats/restats.parquet", sample_id)}
    for candidate in _rows(data / "caption/candidates.parquet", sample_id):
        values = {key: value for key, value in scores.get(candidate["candidate"], {}).items() if key not in ("id", "candidate")}
        lines.append(
            f"  recaption {candidate['candidate']} by {candidate['captioner']}: {caption_of_text(candidate['text'])!r}"
            + "".join(f", {key} = {_short(value)}" for key, value in values.items())
        )
    final = _row(data / "mix/decisions.parquet", sample_id)
    if final:
        lines.append(f"  mix       {final['reason']}")
    return "\n".join(lines)


def _rows(path: Path, sample_id: str) -> list[dict[str, Any]]:
    if not path.is_file():
        return []
    table = read_table(path)
    return table.filter(pc.equal(table["id"], sample_id)).to_pylist()


def _row(path: Path, sample_id: str) -> dict[str, Any] | None:
    rows = _rows(path, sample_id)
    return rows[0] if rows else None


def _short(value: Any) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(map(_short, value)) + "]"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _unknown(sample_id: str, samples: Path) -> str:
    if not samples.is_file():
        return f"{samples} does not exist yet; run `snakemake --cores all {samples}`"
    near = difflib.get_close_matches(sample_id, read_table(samples, ["id"])["id"].to_pylist(), n=3)
    return f"no sample has the id {sample_id}" + (
        f"; near: {', '.join(near)}" if near else "; ids are listed in data/mix/decisions.parquet"
    )
