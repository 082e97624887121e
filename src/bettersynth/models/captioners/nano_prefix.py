"""Nano's own captioner, trained by the pipeline; it reads frozen tower features and knows no prompt."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bettersynth.data.files.hashing import sha256_of_file
from bettersynth.data.samples.batch import Images
from bettersynth.errors import UserError
from bettersynth.models.backbones.nano_features import nano_pooled
from bettersynth.models.backbones.prefix_captioner import PrefixCaptioner, Sampling
from bettersynth.models.captioners import Request

MODEL = Path("models/captioner")
PART = 256  # requests between two entries into the cache


@dataclass(frozen=True)
class Settings:
    """Candidates after the first are drawn from the words that hold `top_p` of the probability."""

    temperature: float = 0.8
    top_p: float = 0.9
    max_words: int = 16

    def __post_init__(self) -> None:
        for name in ("temperature", "top_p", "max_words"):
            if getattr(self, name) <= 0:
                raise UserError(
                    f"captioner nano_prefix: {name} is {getattr(self, name)}; it must be above 0"
                )


def model_hash(settings: Settings) -> str:
    path = MODEL / "manifest.json"
    if not path.exists():
        raise UserError(
            f"{path} does not exist; run `python -m bettersynth.steps.captioner`, or name another captioner"
        )
    return sha256_of_file(path)


def load(settings: Settings) -> Captioner:
    return Captioner(settings)


class Captioner:
    """`models/captioner` on the features of `data/features`, or of the towers for pictures that are not there."""

    def __init__(self, settings: Settings) -> None:
        self.sampling = Sampling(1, settings.temperature, settings.top_p, settings.max_words)
        self.model = PrefixCaptioner.load(MODEL)

    def caption(
        self, images: Images, requests: Sequence[Request], seed: int
    ) -> Iterator[dict[int, str]]:
        """Yield captions; neither the order nor the company of the pictures changes one."""
        for start in range(0, len(requests), PART):
            part = range(start, min(start + PART, len(requests)))
            made: dict[int, str] = {}
            for candidate in sorted({requests[k].candidate for k in part}):
                chosen = [k for k in part if requests[k].candidate == candidate]
                names = [requests[k].image for k in chosen]
                pooled = nano_pooled(images, names)
                keys = [images.sha256(name) for name in names]
                made |= dict(
                    zip(
                        chosen,
                        self.model.candidate(pooled, keys, self.sampling, seed, candidate),
                        strict=True,
                    )
                )
            yield made
