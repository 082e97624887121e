"""A control: a captioner that is right as often as it is told to be.

It knows the pool's planted mismatches, as `filter.oracle` does, so that one can ask what a better
captioner would be worth before there is one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from bettersynth.data.files.hashing import content_key, sha256_of_file
from bettersynth.data.samples.batch import Images
from bettersynth.data.samples.planted_captions import original_captions
from bettersynth.data.samples.pool_samples import read_stored_pool
from bettersynth.data.samples.text_form import caption_of_text
from bettersynth.data.tables.planted import PLANTED
from bettersynth.data.tables.samples import SAMPLES
from bettersynth.errors import UserError
from bettersynth.models.captioners import Request


@dataclass(frozen=True)
class Settings:
    """`right` is the probability that a caption is the picture's own, not another picture's."""

    right: float = 1.0

    def __post_init__(self) -> None:
        if not 0 <= self.right <= 1:
            raise UserError(f"captioner oracle: right is {self.right}; it must be from 0 to 1")


def model_hash(settings: Settings) -> str:
    """Return the hash of the tables that hold the true captions.

    Raises:
        UserError: the source plants no mismatches.
    """
    if not PLANTED.exists():
        raise UserError(
            f"captioner oracle needs {PLANTED}; only sources with planted mismatches have it"
        )
    return f"{sha256_of_file(SAMPLES)} {sha256_of_file(PLANTED)}"


def load(settings: Settings) -> Oracle:
    """Return what knows the true captions of the pool."""
    return Oracle(settings)


class Oracle:
    """The true caption of each picture, or that of a picture drawn by its content."""

    def __init__(self, settings: Settings) -> None:
        self.right = settings.right
        self.true = true_captions()
        self.all = sorted(set(self.true.values()))

    def caption(
        self, images: Images, requests: Sequence[Request], seed: int
    ) -> Iterator[dict[int, str]]:
        """Yield all captions at once.

        What is drawn for a picture and candidate does not depend on `right`: the pictures that are
        right at one half are right at three quarters too.

        Raises:
            UserError: a picture is not of the pool.
        """
        captions: dict[int, str] = {}
        for position, request in enumerate(requests):
            true = self._true_caption(request.image)
            words = ["oracle", images.sha256(request.image), str(request.candidate), str(seed)]
            rng = np.random.default_rng(list(content_key(words)))
            is_right = rng.random() < self.right
            captions[position] = true if is_right else self._another(true, rng)
        yield captions

    def _true_caption(self, image: str) -> str:
        if image not in self.true:
            raise UserError(f"captioner oracle: {image} is no picture of the pool")
        return self.true[image]

    def _another(self, true: str, rng: np.random.Generator) -> str:
        """Return a caption of the pool, drawn among those that read differently."""
        others = [caption for caption in self.all if caption != true]
        return others[rng.integers(len(others))] if others else ""


def true_captions() -> dict[str, str]:
    """Return the true caption of each pair of one picture, by the picture's name.

    Raises:
        UserError: the pool or its table of planted mismatches is missing.
    """
    if not PLANTED.exists():
        raise UserError(f"captioner oracle needs {PLANTED}, which does not exist")
    pool = read_stored_pool(["id", "images", "text"])
    planted = original_captions(pool["id"])
    true: dict[str, str] = {}
    for row in pool.to_pylist():
        caption = planted.get(row["id"]) or caption_of_text(row["text"])
        if len(row["images"]) == 1 and caption:
            # of two pairs of one picture the first
            true.setdefault(row["images"][0], caption)
    return true
