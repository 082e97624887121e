"""Keep the first of the samples whose pictures have the same perceptual hash."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from bettersynth.data.samples.batch import Batch
from bettersynth.measuring.pictures.image_hashes import HASHES
from bettersynth.measuring.protocols import Values
from bettersynth.measuring.text.text_hash import text_hash

VERSION = 1
READS = ("images",)
STATS = ("__dj__imagehash", "__dj__hash")
CACHED = True


@dataclass(frozen=True)
class Measuring:
    """`consider_text` calls samples equal only if their texts, by the rules of document_deduplicator, are equal too."""

    method: Literal["phash", "dhash", "whash", "ahash"] = "phash"
    consider_text: bool = False
    lowercase: bool = False
    ignore_non_character: bool = False


@dataclass(frozen=True)
class Deciding:
    pass


def reads(settings: Measuring) -> tuple[str, ...]:
    return ("text", "images") if settings.consider_text else READS


def measure(batch: Batch, settings: Measuring) -> Values:
    """Return the hashes of a sample's distinct pictures, 16 hex digits each, side by side ("" without pictures), and its text's hash."""
    digest = HASHES[settings.method]

    def value(name: str) -> str:
        known = batch.pictures.facts.get(name)
        if known and known.phash and settings.method == "phash":
            return known.phash
        return digest(batch.pictures.picture(name))

    of_image = batch.per_image(value)
    hashes = []
    for names, values in zip(batch.images, of_image, strict=True):
        hashes.append("".join(dict(zip(names, values, strict=True)).values()))
    found: Values = {"__dj__imagehash": hashes}
    if settings.consider_text:
        found["__dj__hash"] = [
            text_hash(text, settings.lowercase, settings.ignore_non_character)
            for text in batch.texts
        ]
    return found


def keep(values: Values, settings: Deciding) -> np.ndarray:
    """Equality is exact. Samples without pictures are kept, unless texts are considered and theirs are equal."""
    hashes = values["__dj__imagehash"]
    keys = (
        list(zip(hashes, values["__dj__hash"], strict=True)) if "__dj__hash" in values else hashes
    )
    seen: set[object] = set()
    flags = np.ones(len(keys), dtype=bool)
    for k, key in enumerate(keys):
        if not key:
            continue
        flags[k] = key not in seen
        seen.add(key)
    return flags
