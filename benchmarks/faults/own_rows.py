"""A recipe over a few rows and pictures, as a user has them beside the project's own tables."""

from __future__ import annotations

import json
from pathlib import Path

# where damage.py looks for files that were read
OWN = Path("data/own")
RECIPE = """
dataset_path: data/own/rows.jsonl
export_path: results/own/kept.jsonl
process:
  - words_num_filter: {min_num: 2}
  - image_aspect_ratio_filter: {max_ratio: 3.0}
  - image_size_filter: {min_size: "1KB"}
  - image_deduplicator
"""
OWN_ROWS = 20


def write_own_rows() -> None:
    """Write a recipe, and the first rows of the pool with their pictures as files."""
    import pyarrow.parquet as pq

    from bettersynth.data.pictures.images import ImageStore

    OWN.mkdir(parents=True)
    (OWN / "recipe.yaml").write_text(RECIPE)
    rows = pq.read_table("data/pool/samples.parquet").slice(0, OWN_ROWS).to_pylist()
    lines = []
    pictures = ImageStore("data/pool/images")
    for row in rows:
        for name in row["images"]:
            (OWN / name).parent.mkdir(parents=True, exist_ok=True)
            (OWN / name).write_bytes(pictures.read(name))
        known = {"id": row["id"], "text": row["text"], "images": row["images"]}
        lines.append(json.dumps(known))
    (OWN / "rows.jsonl").write_text("\n".join(lines) + "\n")
