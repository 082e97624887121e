"""What the module of an operator holds. A module satisfies a protocol by its top-level names; nothing is inherited or registered."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np

from bettersynth.data.samples.batch import Batch

Values = dict[
    str, list[Any]
]  # stat key -> one value a sample: a number, a string, or a list with one value an image or chunk

EMBEDDING = "__dj__embedding"  # stat key of a sample's embedding: thousands of characters


class Filter(Protocol):
    """Measures samples, then decides from the values alone, so that a bound can move without measuring again.

    A deduplicator has the same shape; its `keep` sees the values of all rows at once and keeps the first row of each group.
    An operator with a model also has `model_hash(settings) -> str`, which changes when the weights do; one whose settings decide what it
    reads has `reads(settings)`; one with long keys has `compact` (8-byte words of a key) and `keep_words`; one that shares its scores with another names that in `CACHED_AS`;
    one with `EXPORTS_STATS = False` leaves no stats in the samples.
    """

    VERSION: int  # goes up when `measure` returns other values than before
    READS: tuple[
        str, ...
    ]  # what a value depends on: "text", "images" (content), "fields" (anything else in the row)
    STATS: tuple[str, ...]  # the stat keys that `measure` returns, all or the first of them
    CACHED: bool  # False where measuring costs no more than a look-up in the score cache
    Measuring: type  # frozen dataclass: the settings a value depends on
    Deciding: type  # frozen dataclass: the settings a decision depends on

    def measure(self, batch: Batch, settings: Any) -> Values: ...

    def keep(self, values: Values, settings: Any) -> np.ndarray: ...


class Mapper(Protocol):
    """Rewrites texts."""

    Settings: type

    def rewrite(self, texts: Sequence[str], settings: Any) -> list[str]: ...


class Made(NamedTuple):
    """What is new in a sample that a mapper made of another one: its text and its pictures (paths beside the export)."""

    text: str
    images: list[str]


class Maker(Protocol):
    """What a generating mapper works with during one run."""

    def make(self, batch: Batch) -> tuple[list[list[Made]], dict[int, str]]:
        """Return the new samples of each sample, and the reasons of samples that are set aside, by position."""
        ...

    def close(self) -> None: ...


class GeneratingMapper(Protocol):
    """Makes new samples of samples; `Settings` has the flag `keep_original_sample`. New pictures are written below `folder`."""

    READS: tuple[str, ...]
    Settings: type

    def open_maker(self, settings: Any, folder: Path) -> Maker: ...


class Selector(Protocol):
    """Chooses rows by comparing all of them. `field` is the dot path of the field it compares, "" if none."""

    Settings: type

    def field(self, settings: Any) -> str: ...

    def select(self, values: Sequence[Any], settings: Any) -> list[int]: ...
