"""What the module of an operator holds.

A module satisfies a protocol by its top-level names; nothing is inherited or registered.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol

import numpy as np

from bettersynth.data.samples.batch import Batch
from bettersynth.data.tables.value_columns import ValueColumn

# By stat key, one value a sample: a number, text, or a list with one value an image or chunk
Values = dict[str, ValueColumn]

# stat key of a sample's embedding: thousands of characters
EMBEDDING = "__dj__embedding"


class Filter(Protocol):
    """Measures samples, then decides from the values alone: a bound moves without measuring again.

    A deduplicator has the same shape; its `keep` sees the values of all rows at once and keeps
    the first row of each group. So has a selector that measures. Some modules hold more:

    - `model_hash(settings) -> str` changes when the weights of a model do
    - `reads(settings)` stands for `READS` where the settings decide what is read
    - `compact` makes 8-byte words of a long key, and `keep_words` decides on them; `keep` takes
      the bytes of `compact` as well, which is what the pool's tables hold
    - `originals(values, settings)` says which row each one is a near-duplicate of, int64
      `[samples]`: the first of its group, which `keep` keeps
    - `require_complete(settings)` raises where a setting is missing that has no default
    - `fields_read(settings)` are the dot paths of the fields that it reads
    - `CACHED_AS` names another operator whose scores are the same
    - `EQUAL_KEYS = True` lets whole numbers stand for its keys of text (`groups.first_of_equal`)
    - `DROPPED` says in words why a row was dropped, where no bound does
    - `EXPORTS_STATS = False` leaves no stats in the samples
    """

    VERSION: int  # goes up when `measure` returns other values than before
    # What a value depends on: "text", "images" (content), "fields" (anything else in the row),
    # "files" that a setting names and that change between runs
    READS: tuple[str, ...]
    STATS: tuple[str, ...]  # the stat keys that `measure` returns, all or the first of them
    CACHED: bool  # False where measuring costs no more than a look-up in the score cache
    Measuring: type  # frozen dataclass: the settings a value depends on
    Deciding: type  # frozen dataclass: the settings a decision depends on

    def measure(self, batch: Batch, settings: Any) -> Values:
        """Return the values of each stat in `STATS`, all or the first of them."""

    def keep(self, values: Values, settings: Any) -> np.ndarray:
        """Return which samples are kept, bool `[samples]`."""


class Mapper(Protocol):
    """Rewrites texts; the engine puts special tokens back that it removes."""

    Settings: type

    def rewrite(self, texts: Sequence[str], settings: Any) -> list[str]:
        """Return the new text of each text, in order."""


class Made(NamedTuple):
    """What is new in a sample that a mapper made of another one."""

    text: str
    images: list[str]  # paths beside the export
    prompts: tuple[str, ...] = ()  # the words that each was drawn by, where it was drawn
    fields: Mapping[str, Any] = MappingProxyType({})  # what is new in other fields


class Maker(Protocol):
    """What a generating mapper works with during one run."""

    def make(self, batch: Batch) -> tuple[list[list[Made]], dict[int, str]]:
        """Return the new samples of each sample, `[samples][new]`.

        Beside them stand the reasons of samples that are set aside, by position.
        """
        ...

    def close(self) -> None:
        """Let go of what the run held: a model, a connection."""


class GeneratingMapper(Protocol):
    """Makes new samples of samples; `Settings` has the flag `keep_original_sample`.

    New pictures are written below `folder`. `keys_read(settings)` are the keys of further fields
    that it reads, where there are any.
    """

    READS: tuple[str, ...]
    Settings: type

    def open_maker(self, settings: Any, folder: Path) -> Maker:
        """Return what makes the samples of one run."""


class Selector(Protocol):
    """Chooses rows by comparing all of them.

    `field` is the dot path of the field it compares, "" if none. `ranks_numbers(settings)`, where
    there is one, says that rows without a number are to be counted: they come last.
    """

    Settings: type

    def field(self, settings: Any) -> str:
        """Return the dot path that is compared, "" if none."""

    def select(self, values: Sequence[Any], settings: Any) -> list[int]:
        """Return the positions of the chosen rows; `values` are the field's, one a row."""
