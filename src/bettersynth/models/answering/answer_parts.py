"""Batches of pictures or prompts that travel to the worker that asks the model of them.

A batch is done whole and in its order, so that its result is what one process makes of it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from bettersynth.models.devices.held_model import held_model
from bettersynth.settings.predict import PredictSettings


class Packed(NamedTuple):
    """A tensor as bytes, which pass between any processes: numpy knows no bfloat16."""

    content: np.ndarray  # uint8 [..., last dimension x bytes of a value]
    dtype: str  # torch's name


@dataclass(frozen=True)
class AnswerPart:
    """One batch: `method` of `PackedModel` is asked of `items`, with `common` behind them.

    Items are pictures' files, prompts, or pairs of a prompt and an answer's tokens. Prompts name
    rows of `pictures`, which are `[rows, tokens, hidden]`.
    """

    method: str
    items: Sequence[Any]
    pictures: Packed | None
    common: tuple[Any, ...] = ()

    def __len__(self) -> int:
        return len(self.items)

    def take(self, positions: Sequence[int]) -> AnswerPart:
        """Return the part with the items at these positions alone."""
        return dataclasses.replace(self, items=[self.items[position] for position in positions])


@dataclass(frozen=True)
class PartAnswering:
    """Starts the asking of a model in a worker: called there, it returns what does a part."""

    folder: Path
    settings: PredictSettings

    def __call__(self) -> Callable[[AnswerPart], Any]:
        # where workers share GPUs, a process of its own holds the model for several of them
        model = held_model(load_packed_model, self.folder, self.settings)

        def ask(part: AnswerPart) -> Any:
            return model.ask(part.method, part.items, part.pictures, *part.common)

        return ask


def load_packed_model(folder: Path, settings: PredictSettings) -> Any:
    """Return the `PackedModel` of a folder; nothing of torch is loaded before."""
    from bettersynth.models.answering.packed_model import PackedModel

    return PackedModel(folder, settings)
