"""A pool of coloured pictures of concepts in the current folder, for the tests of the benchmark and
instruction steps.
"""

from __future__ import annotations

import io
from typing import Any

from PIL import Image

from bettersynth.data.files.hashing import sha256_of_bytes
from bettersynth.data.pictures.shard_writing import write_images
from bettersynth.data.samples.text_form import text_of_caption
from bettersynth.data.tables.samples import write_samples

CONCEPTS = {
    "benchmark": {
        "food": ["apple", "bread", "hot dog", "green salad", "cat food"],
        "animals": ["cat", "cow", "gray wolf", "polar bear", "owl"],
    },
    "instruction": {
        "food": ["melon", "cheese", "ice cream", "baked potato"],
        "animals": ["dog", "horse", "water buffalo", "sea lion"],
    },
}


def picture(number: int) -> bytes:
    """Return a PNG of one colour that depends on `number` alone."""
    stream = io.BytesIO()
    Image.new("RGB", (24, 20), (number * 37 % 256, number * 91 % 256, number * 53 % 256)).save(
        stream, "PNG"
    )
    return stream.getvalue()


def write_concept_pool(without: str = "") -> dict[str, bytes]:
    """Write `data/pool/` with one picture of each concept (not those of the split `without`), one
    without any; returns the pictures.
    """
    rows: list[dict[str, Any]] = []
    pictures: dict[str, bytes] = {}
    shown = [
        (split, group, name)
        for split, groups in CONCEPTS.items()
        for group, names in groups.items()
        for name in names
    ]
    for number, (split, group, concept) in enumerate([*shown, ("instruction", "", "")]):
        id = f"s{number:02d}"
        pictures[f"{id}.png"] = data = picture(number)
        row = {
            "id": id,
            "text": text_of_caption(concept or "nothing in particular"),
            "images": [f"{id}.png"],
            "image_sha256": [sha256_of_bytes(data)],
        }
        row |= {
            "width": [24],
            "height": [20],
            "size_bytes": [len(data)],
            "phash": ["0" * 16],
            "source": "test",
            "style": "flat",
        }
        rows.append(row | {"concept": concept, "group": group, "split": split})
    write_samples([row for row in rows if row["split"] != without])
    write_images("data/pool/images", pictures.items())
    return pictures
