"""The section `nano_decoder` of `params.yaml`: nano's decoder, made beside the pipeline."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from bettersynth.errors import UserError

# stages of each curriculum that end before the training does
FIRST_PHASES = 4
COLOR_PHASES = 3
THING_PHASES = 2


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

    `start`: a decoder's folder whose weights and tokenizer are trained on in the place of new ones;
    it has had its first part, `schedule`, which must be null then. `seed` is that of the first
    weights; rows, noise and order take the seeds after it, two for each part. `pieces`: learned
    pieces of the BPE, before whole words are added. `min_count`: how often a word must occur in
    tags, sentences and titles to get a token of its own; a start has its own tokenizer, whatever
    these two say. `colors`: a part that binds signs' colours to their words
    (conf/nano_decoder/colors.yaml). `things`: a part that finds the sign that names a drawn thing
    (conf/nano_decoder/things.yaml). `report_every`: steps. `exam_rows`: per test; sign tests take
    half as many.
    """

    archives: Path
    output: Path
    start: Path | None
    seed: int
    pieces: int
    min_count: int
    shape: Shape
    schedule: Schedule | None
    colors: Schedule | None
    things: Schedule | None
    report_every: int
    exam_rows: int

    def __post_init__(self) -> None:
        where = "params.yaml: nano_decoder"
        self._require_beginning(where)
        parts = {"schedule": FIRST_PHASES, "colors": COLOR_PHASES, "things": THING_PHASES}
        for name, number in parts.items():
            schedule: Schedule | None = getattr(self, name)
            if schedule:
                _require_phases(schedule.phases, number, f"{where}.{name}.phases")

    def _require_beginning(self, where: str) -> None:
        """Pass if the training has one beginning and something to do.

        Raises:
            UserError: it has none or two, or its result would take the place of its beginning.
        """
        if self.start is None:
            if self.schedule is None:
                raise UserError(
                    f"{where}.schedule is null; give it, or name a decoder to go on from as start"
                )
            return
        if self.schedule is not None:
            raise UserError(
                f"{where}.start is {self.start}, which has had its first part; set schedule to "
                "null, or start to null"
            )
        if self.colors is None and self.things is None:
            raise UserError(f"{where}.start is {self.start}, but colors and things are both null")
        if self.start.resolve() == self.output.resolve():
            raise UserError(f"{where}.start and output are both {self.output}; name another output")


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
