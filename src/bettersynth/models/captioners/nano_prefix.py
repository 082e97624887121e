"""Nano's own captioner, trained by the pipeline; it reads tower features and knows no prompt."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bettersynth.data.files.hashing import sha256_of_file
from bettersynth.data.samples.batch import Images
from bettersynth.errors import UserError
from bettersynth.models.captioners import Request

MODEL = Path("models/captioner")
# requests between two entries into the cache
CHUNK = 256


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
    """Return the hash of the manifest of `models/captioner`.

    Raises:
        UserError: none was trained.
    """
    path = MODEL / "manifest.json"
    if not path.exists():
        raise UserError(
            f"{path} does not exist; run `python -m bettersynth.steps.captioner`, "
            "or name another captioner"
        )
    return sha256_of_file(path)


def load(settings: Settings) -> Captioner:
    """Return the trained captioner."""
    return Captioner(settings)


class Captioner:
    """`models/captioner` on stored features, or on the towers' for pictures that have none."""

    def __init__(self, settings: Settings) -> None:
        # torch comes with it: settings are checked without
        from bettersynth.models.backbones.prefix_captioner import PrefixCaptioner, Sampling

        self.sampling = Sampling(1, settings.temperature, settings.top_p, settings.max_words)
        self.model = PrefixCaptioner.load(MODEL)

    def caption(
        self, images: Images, requests: Sequence[Request], seed: int
    ) -> Iterator[dict[int, str]]:
        """Yield captions; neither the order nor the company of the pictures changes one."""
        for start in range(0, len(requests), CHUNK):
            positions = range(start, min(start + CHUNK, len(requests)))
            made: dict[int, str] = {}
            for candidate in sorted({requests[position].candidate for position in positions}):
                chosen = [at for at in positions if requests[at].candidate == candidate]
                names = [requests[position].image for position in chosen]
                captions = self._captions(images, names, seed, candidate)
                made.update(zip(chosen, captions, strict=True))
            yield made

    def _captions(
        self, images: Images, names: Sequence[str], seed: int, candidate: int
    ) -> list[str]:
        from bettersynth.models.backbones.nano_features import nano_pooled

        pooled = nano_pooled(images, names)  # [names, 1280]
        keys = [images.sha256(name) for name in names]
        return self.model.candidate(pooled, keys, self.sampling, seed, candidate)
