"""New samples whose words a package of augmenters changed at random.

What is drawn for a text follows from the seed and the text alone: neither the order of rows nor the
process counts, and drawing touches no generator of Python's or numpy's own.
"""

from __future__ import annotations

import contextlib
import importlib.util
import io
import re
import warnings
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from bettersynth.data.samples.batch import Batch, Tokens
from bettersynth.data.samples.text_form import OTHER_TOKENS
from bettersynth.errors import UserError
from bettersynth.measuring.protocols import Made

EXTRA = "augment"


class Draws:
    """The random numbers of one text, in the forms that the packages ask for them."""

    def __init__(self, seed: int, text: str):
        # half of a surrogate pair is no UTF-8
        content = text.encode(errors="surrogatepass")
        self._rng = np.random.default_rng([seed, zlib.crc32(content)])

    def sample(self, population: Sequence[Any] | int, count: int | None = None) -> Any:
        """Return `count` different ones of `population`; of a word's length a place to split it.

        That place is from 1 to the length less 2: `numpy.random.randint(1, length - 1)`.
        """
        if isinstance(population, int):
            return int(self._rng.integers(1, population - 1))
        chosen = self._rng.choice(len(population), count, replace=False)
        return [population[place] for place in chosen]

    def random(self) -> float:
        """Return a number from 0 to below 1."""
        return float(self._rng.random())

    def randint(self, lowest: int, highest: int) -> int:
        """Return a whole number; both ends may come."""
        return int(self._rng.integers(lowest, highest + 1))


@dataclass(frozen=True)
class AugmentSettings:
    """What an operator of either package is asked; its own class adds a switch for each method.

    `aug_num` new texts are made by each method that is on, or with `sequential` by all of them in
    turn. `OPERATOR` is its name, `METHODS` the switches in the order in which they are used.
    """

    OPERATOR: ClassVar[str] = ""
    METHODS: ClassVar[Iterable[str]] = ()

    sequential: bool = False
    aug_num: int = 1
    keep_original_sample: bool = True
    seed: int = 0

    def __post_init__(self) -> None:
        if self.aug_num < 1:
            raise UserError(f"{self.OPERATOR}: aug_num is {self.aug_num}; it must be 1 or more")

    @property
    def methods(self) -> list[str]:
        """The methods that are on, in the order in which they are used."""
        return [name for name in self.METHODS if getattr(self, name)]


# the new texts of a text
Augment = Callable[[str, Draws], Sequence[str]]


@dataclass(frozen=True)
class AugmentedSamples:
    """Changes the words of one batch after the other; special tokens stay where they are."""

    augment: Augment
    seed: int

    def make(self, batch: Batch) -> tuple[list[list[Made]], dict[int, str]]:
        """Return the new samples of each sample, with its pictures."""
        made: list[list[Made]] = []
        for text, images in zip(batch.texts, batch.images, strict=True):
            new = self._augmented(text, Draws(self.seed, text), batch.tokens)
            made.append([Made(words, list(images)) for words in new])
        return made, {}

    def _augmented(self, text: str, draws: Draws, tokens: Tokens) -> list[str]:
        special = "|".join(map(re.escape, (tokens.image, tokens.eoc, *OTHER_TOKENS)))
        # words and tokens with the white space around them, in turn
        parts = re.split(rf"(\s*(?:{special})\s*)", text)
        if len(parts) == 1:
            return list(self.augment(text, draws))
        new: list[Sequence[str]] = []
        for place, part in enumerate(parts):
            is_token = place % 2 == 1
            new.append(() if is_token or not part else self.augment(part, draws))
        texts = []
        for number in range(max(map(len, new))):
            # a part that gave fewer than another stays as it was
            words = ""
            for own, part in zip(new, parts, strict=True):
                words += own[number] if number < len(own) else part
            texts.append(words)
        return texts

    def close(self) -> None:
        """Nothing is held."""


@contextlib.contextmanager
def quiet_packages() -> Iterator[None]:
    """Keep what such packages print, and what Python warns of in their files, from the console."""
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def require_package(name: str, operator: str) -> None:
    """Pass if the package `name` is there, which `operator` needs.

    Raises:
        UserError: it is not installed.
    """
    if importlib.util.find_spec(name) is None:
        raise UserError(f"{operator} needs the package {name}: pip install 'bettersynth[{EXTRA}]'")
