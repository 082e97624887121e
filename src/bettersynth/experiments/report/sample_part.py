"""Sampled pairs for the page: kept, dropped and recaptioned ones, with a small picture, the captions and the reason."""

from __future__ import annotations

import base64
import dataclasses
import io
import math
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
from PIL import Image

from bettersynth.data.pictures.images import ImageStore, decode_image
from bettersynth.data.samples.text_form import caption_of_text

EACH = 20
SIDE = 104  # pixels; shown at this size
QUALITY = 80


@dataclasses.dataclass(frozen=True)
class Pair:
    """One pair as shown; `new_caption` is "" unless recaptioned; `swapped` marks a planted mismatch, whose own is `true_caption`."""

    id: str
    picture: str
    caption: str
    new_caption: str
    swapped: bool
    true_caption: str
    similarity: str
    reason: str
    source: str


def draw_pairs(
    samples: pa.Table,
    decisions: pa.Table,
    texts: Mapping[str, str],
    planted: Mapping[str, str],
    store: ImageStore,
    seed: int = 0,
) -> dict[str, list[Pair]]:
    """Return up to 20 pairs each of `kept`, `dropped` and `recaptioned`, drawn with `seed`, sorted by id.

    `texts` are captions in training by id, `planted` the true captions of the planted mismatches by id.
    """
    rows = decisions.select(
        ["id", "caption_source", "similarity_before", "similarity", "reason"]
    ).to_pylist()
    kinds: dict[str, list[int]] = {"kept": [], "dropped": [], "recaptioned": []}
    for k, row in enumerate(rows):
        kinds[
            "dropped"
            if not row["caption_source"]
            else "kept"
            if row["caption_source"] == "original"
            else "recaptioned"
        ].append(k)
    facts = samples.select(["images", "text", "source"]).to_pydict()
    drawn = {}
    for kind, positions in kinds.items():
        rng = np.random.default_rng([seed, zlib.crc32(f"report {kind}".encode())])
        chosen = (
            sorted(rng.choice(positions, min(EACH, len(positions)), replace=False).tolist())
            if positions
            else []
        )
        drawn[kind] = [
            _pair(rows[k], facts, k, texts, planted, store, kind == "recaptioned") for k in chosen
        ]
    return drawn


def _pair(
    row: Mapping[str, Any],
    facts: Mapping[str, list[Any]],
    k: int,
    texts: Mapping[str, str],
    planted: Mapping[str, str],
    store: ImageStore,
    new: bool,
) -> Pair:
    before, after = row["similarity_before"], row["similarity"]
    similarity = "" if before is None or math.isnan(before) else f"{before:.3f}"
    if new and after is not None and not math.isnan(after):
        similarity += f" → {after:.3f}"
    return Pair(
        id=row["id"],
        picture=thumbnail(store.read(facts["images"][k][0])),
        caption=caption_of_text(facts["text"][k]),
        new_caption=texts.get(row["id"], "") if new else "",
        swapped=row["id"] in planted,
        true_caption=planted.get(row["id"], ""),
        similarity=similarity,
        reason=row["reason"],
        source=facts["source"][k],
    )


def thumbnail(data: bytes) -> str:
    """Return a JPEG data URI of at most 104 x 104 pixels."""
    picture = decode_image(data)
    picture.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=QUALITY)
    return "data:image/jpeg;base64," + base64.b64encode(stream.getvalue()).decode("ascii")
