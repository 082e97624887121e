"""Samples that travel to the worker that measures them: texts and names, no pixels."""

from __future__ import annotations

import importlib
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from bettersynth.data.samples.batch import Batch, ImageFacts, Images, Tokens
from bettersynth.measuring.measured import Measured, measure_good


@dataclass(frozen=True)
class Shard:
    """Some samples of a batch, column by column, and what is known of their pictures."""

    texts: Sequence[str]  # [samples]
    images: Sequence[Sequence[str]]  # [samples][pictures], names
    facts: dict[str, ImageFacts]

    def __len__(self) -> int:
        return len(self.texts)

    def take(self, positions: Sequence[int]) -> Shard:
        """Return the samples at these positions."""
        texts = [self.texts[position] for position in positions]
        images = [self.images[position] for position in positions]
        return Shard(texts, images, _facts_of(images, self.facts))


def shard_of(batch: Batch, positions: Sequence[int]) -> Shard:
    """Return the samples at these positions of a batch."""
    return Shard(batch.texts, batch.images, batch.pictures.facts).take(positions)


def _facts_of(
    images: Sequence[Sequence[str]], facts: dict[str, ImageFacts]
) -> dict[str, ImageFacts]:
    names = itertools.chain.from_iterable(images)
    return {name: facts[name] for name in names if name in facts}


@dataclass(frozen=True)
class ShardMeasuring:
    """Starts the measuring of shards in a worker: called there, it returns what measures one."""

    operator: str  # its module
    settings: Any
    pictures: Images
    tokens: Tokens

    def __call__(self) -> Callable[[Shard], Measured]:
        operator = importlib.import_module(self.operator)

        def measure_shard(shard: Shard) -> Measured:
            pictures = self.pictures.with_facts(shard.facts)
            batch = Batch(shard.texts, shard.images, pictures, self.tokens)
            return measure_good(operator, self.settings, batch)

        return measure_shard
