"""The section `mix` of `params.yaml`: the training set of stage 1."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Literal

from bettersynth.errors import UserError
from bettersynth.settings.weights import require_weights

NewCaptionsPass = Literal["all", "similarity", "none"]

# Each is an entry of data/mix/train.json, which is read whole: 20 million take about 20 GB
MAX_VISITS = 20_000_000


@dataclass(frozen=True, kw_only=True)
class MixSettings:
    """`visits` training samples in all (null: each once); `exchange` puts captions with a
    similarity above `exchange_threshold` in their originals' place.
    `new_captions_pass` says what else a new caption must pass: `all` rules of the recipe, or no
    more than the threshold (`similarity`), or not even that (`none`: every described sample gets
    one).

    `weights` parts the visits among sources, or among types of samples (caption, instruction,
    text): parts such as 9 and 1, or shares that sum to 1.

    The challenge's rules: at most `budget` different samples; `questions`, a LLaVA json, gives each
    its own question back. `control: random` counts what the recipe gives, by caption source, and
    draws as many from the whole pool instead.
    """

    BOUNDS: ClassVar = {
        "visits": (1, MAX_VISITS),
        "budget": (1, MAX_VISITS),
    }

    visits: int | None
    exchange: bool
    exchange_threshold: float
    new_captions_pass: NewCaptionsPass
    seed: int
    # conf/mix/mgm_2b.yaml: the challenge's rules.
    budget: int | None = None
    questions: Path | None = None
    # conf/control/random.yaml: the control of any other experiment.
    control: Literal["", "random"] = ""
    # conf/experiment/two_sources.yaml
    weights: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        require_weights(self.weights, "params.yaml: mix.weights")
        if self.weights and self.visits is None:
            raise UserError(
                "params.yaml: mix.weights needs mix.visits: the number of visits that they part"
            )
