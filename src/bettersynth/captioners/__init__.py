"""One file per captioner, each with a class `Captioner`; the caption step names the file (`caption.captioner`)."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from bettersynth.errors import UserError


@dataclass(frozen=True)
class Picture:
    """A picture to describe: its member name in `data/pool/images.zip` and the sha256 of its bytes."""

    name: str
    sha256: str


class Captioner(Protocol):
    """What a captioner's class offers."""

    model_hash: str  # changes whenever the weights or the way of decoding do

    def caption(self, pictures: Sequence[Picture], prompts: Sequence[str], settings: Any, seed: int) -> list[list[str]]:
        """Return `settings.candidates` captions for each picture, the greedy one first; a pure function of picture, prompt, settings, seed."""
        ...


def load_captioner(name: str) -> Captioner:
    """Return the captioner of `captioners/NAME.py`, its weights loaded.

    Raises:
        UserError: no such captioner, or its model is missing.
    """
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    if name not in names:
        raise UserError(f"there is no captioner {name}; captioners: {', '.join(names)}")
    return importlib.import_module(f"{__name__}.{name}").Captioner()
