"""Sampled pairs for the page: kept, dropped and recaptioned ones, with a small picture, the
captions and the reason.
"""

from __future__ import annotations

import base64
import dataclasses
import io
import math
import zlib
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from PIL import Image

from bettersynth.data.pictures.decoding import decode_image
from bettersynth.data.pictures.images import ImageStore
from bettersynth.data.samples.text_form import caption_of_text
from bettersynth.data.tables.column_rows import take_table

EACH = 20
# pixels; shown at this size
SIDE = 104
QUALITY = 80


@dataclasses.dataclass(frozen=True)
class Pair:
    """One pair as shown.

    `new_caption` is "" unless recaptioned; `swapped` marks a planted mismatch, whose own caption is
    `true_caption`.
    """

    id: str
    picture: str
    caption: str
    new_caption: str
    swapped: bool
    true_caption: str
    similarity: str
    reason: str
    source: str


class Trained(NamedTuple):
    """What a sample is trained on."""

    caption: str
    image: str


def drawn_rows(decisions: pa.Table, seed: int = 0) -> dict[str, np.ndarray]:
    """Return up to 20 rows each of `kept`, `dropped` and `recaptioned`, sorted, int `[rows]`.

    They are drawn with `seed`.
    """
    dropped = pc.equal(decisions["caption_source"], "").to_numpy()
    kept = pc.equal(decisions["caption_source"], "original").to_numpy()
    kinds = {"kept": kept, "dropped": dropped, "recaptioned": ~(kept | dropped)}
    return {kind: _drawn(np.flatnonzero(own), kind, seed) for kind, own in kinds.items()}


def drawn_pairs(
    drawn: Mapping[str, np.ndarray],
    samples: pa.Table,
    decided: Mapping[str, Mapping[str, Any]],
    trained: Mapping[str, Trained],
    planted: Mapping[str, str],
    store: ImageStore,
) -> dict[str, list[Pair]]:
    """Return the pairs of the `drawn` rows, int `[drawn]` by kind, in their order.

    By id, `decided` are the rows of the decisions, `trained` is what is trained on, and `planted`
    are the true captions of the planted mismatches.
    """
    facts = samples.select(["id", "images", "text", "source"])
    pairs: dict[str, list[Pair]] = {}
    for kind, rows in drawn.items():
        pairs[kind] = []
        for fact in take_table(facts, rows).to_pylist():
            new = None
            if kind == "recaptioned":
                # where there are fewer visits than samples, not each is trained on
                new = trained.get(fact["id"], Trained("", fact["images"][0]))
            pairs[kind].append(_pair(decided[fact["id"]], fact, new, planted, store))
    return pairs


def _drawn(positions: np.ndarray, kind: str, seed: int) -> np.ndarray:
    if not len(positions):
        return positions
    # one stream a kind: more dropped samples must not redraw the kept ones
    rng = np.random.default_rng([seed, zlib.crc32(f"report {kind}".encode())])
    count = min(EACH, len(positions))
    return np.sort(rng.choice(positions, count, replace=False))


def _pair(
    row: Mapping[str, Any],
    fact: Mapping[str, Any],
    new: Trained | None,
    planted: Mapping[str, str],
    store: ImageStore,
) -> Pair:
    """Return a pair; `new` is given for a recaptioned or drawn one alone."""
    similarity = _number(row["similarity_before"])
    new_caption = ""
    picture = fact["images"][0] if fact["images"] else ""
    if new is not None:
        new_caption = new.caption
        picture = new.image
        after = _number(row["similarity"])
        if after:
            similarity += f" → {after}"
    return Pair(
        id=row["id"],
        # a conversation may be of text alone
        picture=thumbnail(store.read(picture)) if picture else "",
        caption=caption_of_text(fact["text"]),
        new_caption=new_caption,
        swapped=row["id"] in planted,
        true_caption=planted.get(row["id"], ""),
        similarity=similarity,
        reason=row["reason"],
        source=fact["source"],
    )


def _number(value: float | None) -> str:
    return "" if value is None or math.isnan(value) else f"{value:.3f}"


def thumbnail(data: bytes) -> str:
    """Return a JPEG data URI of at most 104 x 104 pixels.

    Raises:
        BadImage: the bytes are no picture.
    """
    picture = decode_image(data)
    # small: sixty pictures ride in the page itself
    picture.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=QUALITY)
    return "data:image/jpeg;base64," + base64.b64encode(stream.getvalue()).decode("ascii")
