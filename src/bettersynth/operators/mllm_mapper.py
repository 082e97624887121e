"""Put the answer of a multimodal chat model in the place of a sample's words, which it is asked about the picture."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from bettersynth.data.samples.batch import Batch
from bettersynth.measuring.captioning import VERSION, CachedCaptioner
from bettersynth.measuring.new_captions import (
    bad_pictures,
    by_sample,
    text_with_captions,
    wanted_captions,
)
from bettersynth.measuring.protocols import Made
from bettersynth.models.captioners import Request

__all__ = ["READS", "VERSION", "Settings", "open_maker"]
READS = ("text", "images")


@dataclass(frozen=True)
class Settings:
    """Data-Juicer's settings; only `num_beams: 1` is known. A `temperature` of 0 takes the likeliest words.

    Data-Juicer makes the text a list of prompt and answer together; here it is the answer alone, as text.
    """

    hf_model: str = "llava-hf/llava-v1.6-vicuna-7b-hf"
    max_new_tokens: int = 256
    temperature: float = 0.2
    top_p: float | None = None
    num_beams: Literal[1] = 1
    seed: int = 0
    keep_original_sample: bool = False


def open_maker(settings: Settings, folder: Path) -> Maker:
    return Maker(settings)


class Maker:
    """Asks about the pictures of one batch after the other."""

    def __init__(self, settings: Settings):
        self.settings = settings
        own = {
            "model": settings.hf_model,
            "max_new_tokens": settings.max_new_tokens,
            "top_p": settings.top_p or 1.0,
        }
        self.captioner = CachedCaptioner(
            "image_text_to_text", own | {"temperature": settings.temperature or 1.0}, "mllm_mapper"
        )

    def make(self, batch: Batch) -> tuple[list[list[Made]], dict[int, str]]:
        """Return each sample with its answers (without pictures as it was), and the reasons of samples that cannot be asked about."""
        wanted, bad = wanted_captions(batch)
        drawn = 1 if self.settings.temperature > 0 else 0
        answers, unreadable = self.captioner.caption(
            batch.pictures,
            [Request(place.image, place.words, drawn) for place in wanted],
            self.settings.seed,
        )
        bad |= bad_pictures(wanted, unreadable)
        found: list[list[Made]] = []
        for position, texts in enumerate(
            by_sample(wanted, [[text] for text in answers], len(batch))
        ):
            new = (
                text_with_captions(batch.texts[position], [text for (text,) in texts], batch.tokens)
                if texts
                else batch.texts[position]
            )
            found.append([Made(new, list(batch.images[position]))] if position not in bad else [])
        return found, bad

    def close(self) -> None:
        self.captioner.close()
