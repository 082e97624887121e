"""A pool of a few samples in the current folder, for the tests of the data steps."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import yaml
from PIL import Image

from bettersynth.data.files.hashing import sha256_of_bytes
from bettersynth.data.files.writing import write_table
from bettersynth.data.pictures.decoding import decode_image
from bettersynth.data.pictures.shard_writing import write_images
from bettersynth.data.samples.text_form import text_of_caption
from bettersynth.data.tables.drawn import write_drawn
from bettersynth.data.tables.rewritten import write_rewritten
from bettersynth.data.tables.samples import write_samples
from bettersynth.measuring.pictures.image_hashes import phash
from support.clean_data import write_clean
from support.default_settings import default_params


def picture(seed: int, width: int = 48, height: int = 40) -> bytes:
    """Return a PNG of noise that depends on `seed` alone."""
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    return stream.getvalue()


def write_pool(
    captions: Sequence[str],
    seeds: Sequence[int] | None = None,
    planted: Sequence[bool] | None = None,
) -> list[str]:
    """Write `data/pool/` with one sample a caption (and one that stage 1 may not use); returns the
    ids of the pool.
    """
    rows: list[dict[str, Any]] = []
    pictures = []
    for k, caption in enumerate([*captions, "a benchmark picture"]):
        name = f"s{k:02d}.png"
        seed = seeds[k] if seeds and k < len(seeds) else k
        data = picture(seed, width=48 + (seed % 3) * 60)
        shown = decode_image(data)
        pictures.append((name, data))
        rows.append(
            {
                "id": f"s{k:02d}",
                "text": text_of_caption(caption),
                "images": [name],
                "image_sha256": [sha256_of_bytes(data)],
                "width": [shown.width],
                "height": [shown.height],
                "size_bytes": [len(data)],
                "phash": [phash(shown)],
                "source": "test",
                "style": "noise",
                "concept": "",
                "group": "",
                "split": "pool" if k < len(captions) else "benchmark",
            }
        )
    write_samples(rows)
    write_drawn([])
    write_rewritten([], {"rewritten": 0, "without_words": 0, "by_mapper": {}})
    write_clean()
    write_images("data/pool/images", pictures)
    ids = [row["id"] for row in rows[:-1]]
    if planted is not None:
        columns = {
            "id": ids,
            "planted": list(planted),
            "original_text": ["" for _ in ids],
            "donor_id": ["" for _ in ids],
        }
        write_table("data/pool/planted.parquet", pa.table(columns))
    return ids


def write_params(**sections: Any) -> dict[str, Any]:
    """Write and return the named sections of params.yaml: the default's under the test's own."""
    if "score" in sections:  # the default's baseline lies in the repository, not in this folder
        sections["score"] = {"baseline": None, **sections["score"]}
    if "recipe" in sections.get("filter", {}):  # its bounds are the test's own
        sections["filter"] = {"threshold": None, **sections["filter"]}
    if "mix" in sections:  # it depends on one setting of the section before it
        sections.setdefault("caption", {})
    params = default_params(**sections)
    Path("params.yaml").write_text(yaml.safe_dump(params), encoding="utf-8")
    return params


def write_similarity(ids: Sequence[str], scores: Sequence[float]) -> None:
    """Write the similarity stats of the pool without a model."""
    table = pa.table(
        {"id": list(ids), "image_text_similarity": [[float(score)] for score in scores]}
    )
    write_table("data/stats/image_text_similarity_filter.parquet", table)


def write_candidates(rows: Sequence[tuple[str, int, str, float]]) -> None:
    """Write new captions as (id, candidate, caption, similarity), with their text stats."""
    texts = [text_of_caption(caption) for _, _, caption, _ in rows]
    key = {
        "id": [row[0] for row in rows],
        "candidate": pa.array([row[1] for row in rows], pa.int32()),
    }
    made = {
        **key,
        "text": texts,
        "captioner": ["tiny"] * len(rows),
        "prompt": [""] * len(rows),
        "seed": [0] * len(rows),
    }
    write_table("data/caption/candidates.parquet", pa.table(made))
    stats = {
        "image_text_similarity": [[row[3]] for row in rows],
        "num_words": [len(row[2].split()) + 2 for row in rows],
    }
    write_table("data/restats/restats.parquet", pa.table({**key, **stats}))


def drawn_row(sample: str, candidate: int, caption: str = "a drawing") -> dict[str, Any]:
    """Return a row of the table of new pictures; the picture itself is nowhere."""
    return {
        "id": sample,
        "candidate": candidate,
        "text": text_of_caption(caption),
        "images": [f"drawn/{sample}-{candidate}.png"],
        "image_sha256": [sha256_of_bytes(f"{sample} {candidate}".encode())],
        "width": [32],
        "height": [32],
        "size_bytes": [100],
        "phash": ["0" * 16],
        "mapper": "text_to_image_mapper",
        "model": "a/model",
        "model_hash": "0" * 16,
        "prompt": caption,
        "seed": 0,
    }
