"""The section `nano_decoder` of `params.yaml`: nano's decoder, made beside the pipeline."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from bettersynth.errors import UserError

# stages of each curriculum that end before the training does
FIRST_PHASES = 4
COLOR_PHASES = 3


@dataclass(frozen=True)
class Shape:
    """The decoder's size, in the words of transformers' Gemma configuration."""

    hidden_size: int
    layers: int
    heads: int
    intermediate_size: int


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """One part of the training.

    `phases` are the shares of its steps at which each stage of its curriculum ends; `decay_share`
    is the last share of the steps, over which both rates fall linearly to 0.
    """

    steps: int
    batch_rows: int
    muon_lr: float
    adamw_lr: float
    muon_weight_decay: float
    decay_share: float
    warmup_steps: int
    phases: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class NanoDecoderSettings:
    """`params.yaml: nano_decoder`.

    `seed` is that of the first weights; rows, noise and order take the seeds after it, two for each
    part. `pieces`: learned pieces of the BPE, before whole words are added. `min_count`: how often
    a word must occur in tags, sentences and titles to get a token of its own. `colors`: a second
    part that binds signs' colours to their words (conf/nano_decoder/colors.yaml). `report_every`:
    steps. `exam_rows`: per test; sign tests take half as many.
    """

    archives: Path
    output: Path
    seed: int
    pieces: int
    min_count: int
    shape: Shape
    schedule: Schedule
    colors: Schedule | None
    report_every: int
    exam_rows: int

    def __post_init__(self) -> None:
        where = "params.yaml: nano_decoder"
        _require_phases(self.schedule.phases, FIRST_PHASES, f"{where}.schedule.phases")
        if self.colors:
            _require_phases(self.colors.phases, COLOR_PHASES, f"{where}.colors.phases")


def _require_phases(phases: tuple[float, ...], number: int, where: str) -> None:
    """Pass if a curriculum finds the ends of its stages.

    Raises:
        UserError: there are more or fewer than it has, or one does not come after that before it.
    """
    ends = (0.0, *phases, 1.0)
    in_order = all(before < after for before, after in pairwise(ends))
    if len(phases) != number or not in_order:
        raise UserError(
            f"{where} is {list(phases)}; it must be {number} rising shares between 0 and 1"
        )
