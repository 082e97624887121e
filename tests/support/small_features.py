"""A small world of coloured shapes with cached features, for the steps that train on them: red and
blue things have names to learn.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa

from bettersynth.data.files.writing import write_table
from bettersynth.data.samples.text_form import text_of_caption
from bettersynth.data.tables.rewritten import write_rewritten
from bettersynth.data.tables.samples import write_samples
from support.clean_data import write_clean

NOUNS = (
    "apple",
    "boat",
    "cat",
    "drum",
    "egg",
    "fish",
    "goat",
    "hat",
    "kite",
    "lamp",
    "moon",
    "nest",
)


def sha256_of(name: str) -> str:
    return name.encode().hex().ljust(64, "0")[:64]


def write_world(reference: int = 120, pool: int = 12) -> None:
    """Write `data/pool/samples.parquet`, `data/features/` and the stats' similarity table under the
    current folder.

    Picture k shows noun k % 12; its pooled features are that noun's own pattern plus noise, so that
    a model can learn the names.
    """
    rng = np.random.default_rng(0)
    patterns = rng.random((len(NOUNS), 1280)) * (rng.random((len(NOUNS), 1280)) < 0.1)
    rows, pooled = [], []
    for k in range(reference + pool):
        split, noun = ("reference" if k < reference else "pool"), k % len(NOUNS)
        name = f"{split}-{k:04d}.png"
        rows.append(
            {
                "id": f"{split}-{k:04d}",
                "text": text_of_caption(
                    f"a picture of a {NOUNS[noun]}" if k % 2 else f"{NOUNS[noun]}"
                ),
                "images": [name],
                "image_sha256": [sha256_of(name)],
                "width": [64],
                "height": [64],
                "size_bytes": [100],
                "phash": ["0" * 16],
                "source": "shapes",
                "style": "shapes",
                "concept": f"{NOUNS[noun]} {k // len(NOUNS)}",
                "group": "",
                "split": split,
            }
        )
        pooled.append(patterns[noun] + 0.05 * rng.random(1280))
    rows.sort(key=lambda row: row["id"])
    write_samples(rows)
    write_rewritten([], {"rewritten": 0, "without_words": 0, "by_mapper": {}})
    write_clean()
    names = [
        f"{'reference' if k < reference else 'pool'}-{k:04d}.png" for k in range(reference + pool)
    ]
    write_table(
        "data/features/index.parquet", pa.table({"sha256": [sha256_of(name) for name in names]})
    )
    np.save("data/features/pooled.npy", np.array(pooled, dtype=np.float32))
    chosen = [row["id"] for row in rows if row["split"] == "pool"]
    scores = [[round(0.02 * k, 2)] for k in range(len(chosen))]
    Path("data/stats").mkdir(parents=True, exist_ok=True)
    write_table(
        "data/stats/image_text_similarity_filter.parquet",
        pa.table({"id": chosen, "image_text_similarity": scores}),
    )
