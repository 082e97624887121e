"""The cheap measures of a trained stage 1 by name, and what they are called; nothing is loaded."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Literal

from bettersynth.errors import UserError, did_you_mean

# what is asked of a model: how likely captions are beside pictures, or MMBench's options
Asking = Literal["captions", "options"]


@dataclasses.dataclass(frozen=True)
class Measure:
    """A cheap measure; `better` is 1 where more is better, else -1.

    `asking` is what a model must be asked for it.
    """

    label: str
    better: int = 1
    asking: tuple[Asking, ...] = ("captions",)


MEASURES = {
    "caption_loss": Measure("caption loss, nats a token", better=-1),
    "picks_own_picture": Measure("the caption picks its own picture of two"),
    "own_picture_gain": Measure("nats that the own picture adds to its caption"),
    "picture_retrieval": Measure("the caption finds its picture among four"),
    "caption_retrieval": Measure("the picture finds its caption among four"),
    "options": Measure("MMBench's seen half, without stage 2", asking=("options",)),
    "options_minus_prior": Measure("the same, less the words' own likelihood", asking=("options",)),
    "options_probability": Measure(
        "the right option's probability, MMBench's seen half", asking=("options",)
    ),
    "choices": Measure(
        "its own pictures and the seen half's options", asking=("captions", "options")
    ),
}
# of a printed column of labels
LABEL_WIDTH = max(len(measure.label) for measure in MEASURES.values())


def require_measures(names: Iterable[str | None], where: str) -> None:
    """Pass if each name is one of `MEASURES`, or None.

    Raises:
        UserError: there is no such measure.
    """
    for name in names:
        if name is not None and name not in MEASURES:
            hint = did_you_mean(name, MEASURES)
            raise UserError(
                f"{where}: there is no measure {name}{hint}; there are: {', '.join(MEASURES)}"
            )
