"""No captions: `captioner: none` describes nothing again; it goes with `mix.exchange=false`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bettersynth.data.samples.batch import Images
from bettersynth.models.captioners import Request


@dataclass(frozen=True)
class Settings:
    """Nothing can be set."""


class Silence:
    """Refuses every request."""

    def caption(
        self, images: Images, requests: Sequence[Request], seed: int
    ) -> Iterator[dict[int, str]]:
        """Yield "" for every request, which stands for a refusal."""
        yield dict.fromkeys(range(len(requests)), "")


def model_hash(settings: Settings) -> str:
    """Return the same for ever: there are no weights."""
    return "none"


def load(settings: Settings) -> Silence:
    """Return what refuses every request."""
    return Silence()
