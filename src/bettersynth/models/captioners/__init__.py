"""One file a captioner; the caption step and `image_captioning_mapper` name it (`captioner: blip`).

A captioner imports nothing heavy before it is loaded: its settings are checked first.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator, Sequence
from types import ModuleType
from typing import Any, NamedTuple, Protocol

from bettersynth.data.samples.batch import Images
from bettersynth.errors import UserError


class Request(NamedTuple):
    """One caption that is wanted.

    It says the picture's name, what the captioner is asked, and which of its candidates (0, 1,
    ...) this is.
    """

    image: str
    prompt: str
    candidate: int


class Captioner(Protocol):
    """What the `load(settings)` of a captioner's module returns.

    The module also holds `Settings`, a frozen dataclass of everything but the request and the seed
    that decides a caption, and `model_hash(settings)`, which changes when the weights do and needs
    no model in memory. `NOT_DECIDING` names settings that change no caption.
    """

    def caption(
        self, images: Images, requests: Sequence[Request], seed: int
    ) -> Iterator[dict[int, str]]:
        """Yield captions by position in `requests`, part by part as they are made.

        A caption is a function of picture, prompt, candidate, settings and seed: candidate 0 is the
        likeliest words (where there is such a choice), the others are drawn. It is "" where the
        captioner refuses.

        Raises:
            UnreadableImage: a picture cannot be used.
            UserError: the captioner cannot go on.
        """
        ...


def captioner_names() -> list[str]:
    """Return the name of every captioner: the files of this folder."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def captioner_module(name: str, where: str) -> ModuleType:
    """Return the module `captioners/NAME.py`.

    Raises:
        UserError: no such captioner.
    """
    names = captioner_names()
    if name not in names:
        raise UserError(f"{where}: there is no captioner {name}; captioners: {', '.join(names)}")
    module: Any = importlib.import_module(f"{__name__}.{name}")
    return module
