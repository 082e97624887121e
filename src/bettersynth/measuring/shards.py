"""Samples that travel to the worker that measures them: texts and names, no pixels."""

from __future__ import annotations

import dataclasses
import importlib
import itertools
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

from bettersynth.data.samples.batch import Batch, ImageFacts, Images, Tokens
from bettersynth.measuring.carried import CarriedRule, Carrying, measure_carrying


@dataclass(frozen=True)
class Shard:
    """Some samples of a batch, column by column, and what is known of their pictures.

    `wanted` are the places of those that each carried rule is to measure too.
    """

    texts: Sequence[str]  # [samples]
    images: Sequence[Sequence[str]]  # [samples][pictures], names
    facts: dict[str, ImageFacts]
    wanted: Sequence[AbstractSet[int]] = ()

    def __len__(self) -> int:
        return len(self.texts)

    def take(self, positions: Sequence[int]) -> Shard:
        """Return the samples at these positions, without what was to be carried.

        A part is divided where a worker died of it, and that may have been a carried rule's fault.
        """
        texts = [self.texts[position] for position in positions]
        images = [self.images[position] for position in positions]
        return Shard(texts, images, _facts_of(images, self.facts))


def shard_of(
    batch: Batch, positions: Sequence[int], wanted: Sequence[AbstractSet[int]] = ()
) -> Shard:
    """Return the samples at these positions of a batch."""
    shard = Shard(batch.texts, batch.images, batch.pictures.facts).take(positions)
    return dataclasses.replace(shard, wanted=wanted)


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
    carried: Sequence[tuple[str, Any]] = ()  # their modules and settings

    def __call__(self) -> Callable[[Shard], Carrying]:
        operator = importlib.import_module(self.operator)
        rules = []
        for module, settings in self.carried:
            rules.append(CarriedRule(importlib.import_module(module), settings))

        def measure_shard(shard: Shard) -> Carrying:
            pictures = self.pictures.with_facts(shard.facts)
            batch = Batch(shard.texts, shard.images, pictures, self.tokens)
            return measure_carrying(operator, self.settings, batch, rules, shard.wanted)

        return measure_shard
