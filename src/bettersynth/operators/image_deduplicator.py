"""Keep the first of the samples whose pictures have the same perceptual hash."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from bettersynth.data.samples.batch import Batch
from bettersynth.measuring.groups import first_of_equal
from bettersynth.measuring.pictures.image_hashes import HASHES
from bettersynth.measuring.protocols import Values
from bettersynth.measuring.text.text_hash import text_hash

VERSION = 1
READS = ("images",)
STATS = ("__dj__imagehash", "__dj__hash")
EQUAL_KEYS = True
CACHED = True


@dataclass(frozen=True)
class Measuring:
    """`consider_text` calls samples equal only if their texts are equal too.

    Texts are compared by the rules of document_deduplicator.
    """

    method: Literal["phash", "dhash", "whash", "ahash"] = "phash"
    consider_text: bool = False
    lowercase: bool = False
    ignore_non_character: bool = False


@dataclass(frozen=True)
class Deciding:
    """Nothing can be set."""


def reads(settings: Measuring) -> tuple[str, ...]:
    """Return what a value depends on: "text", "images"."""
    return ("text", "images") if settings.consider_text else READS


def measure(batch: Batch, settings: Measuring) -> Values:
    """Return the hashes of a sample's distinct pictures side by side, and perhaps its text's.

    A picture has 16 hex digits, a sample without pictures "".
    """
    digest = HASHES[settings.method]

    def hash_of(name: str) -> str:
        # the pool's table knows the phash of each of its pictures
        facts = batch.pictures.facts.get(name)
        if facts and facts.phash and settings.method == "phash":
            return facts.phash
        return digest(batch.pictures.picture(name))

    joined = []
    for names, hashes in zip(batch.images, batch.per_image(hash_of), strict=True):
        # a repeated name once: a sample that shows a picture twice equals one that shows it once
        hash_of_name = dict(zip(names, hashes, strict=True))
        joined.append("".join(hash_of_name.values()))
    values: Values = {"__dj__imagehash": joined}
    if settings.consider_text:
        values["__dj__hash"] = []
        for text in batch.texts:
            key = text_hash(text, settings.lowercase, settings.ignore_non_character)
            values["__dj__hash"].append(key)
    return values


def keep(values: Values, settings: Deciding) -> np.ndarray:
    """Return bool `[samples]`: which ones are the first with their hashes; equality is exact.

    Samples without pictures are kept, unless texts are considered and theirs are equal.
    """
    keys = values["__dj__imagehash"]
    if "__dj__hash" in values:
        keys = list(zip(keys, values["__dj__hash"], strict=True))
    return first_of_equal(keys, keep_empty=True)
