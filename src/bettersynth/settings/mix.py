"""The section `mix` of `params.yaml`: the training set of stage 1."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from bettersynth.errors import UserError


@dataclass(frozen=True)
class MixSettings:
    """`visits` training samples in all (null: each once); `exchange` puts captions with a similarity above `exchange_threshold` in their
    originals' place. The challenge's rules: at most `budget` different samples; `questions`, a LLaVA json, gives each its own question back.

    `control: random` counts what the recipe gives, by caption source, and draws as many from the whole pool instead.
    """

    visits: int | None = 9000
    budget: int | None = None
    questions: Path | None = None
    exchange: bool = True
    exchange_threshold: float = 0.0
    control: Literal["", "random"] = ""
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("visits", "budget"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise UserError(f"params.yaml: mix.{name} is {value}; it must be above 0")
