"""Put a chat model's answer about the picture in the place of the words that it is asked."""

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
    """Data-Juicer's settings; only `num_beams: 1` is known.

    A `temperature` of 0 takes the likeliest words. Data-Juicer makes the text a list of prompt
    and answer together; here it is the answer alone, as text.
    """

    hf_model: str = "llava-hf/llava-v1.6-vicuna-7b-hf"
    max_new_tokens: int = 256
    temperature: float = 0.2
    top_p: float | None = None
    num_beams: Literal[1] = 1
    seed: int = 0
    keep_original_sample: bool = False


def open_maker(settings: Settings, folder: Path) -> Maker:
    """Return what makes new samples during one run."""
    return Maker(settings)


class Maker:
    """Asks about the pictures of one batch after the other."""

    def __init__(self, settings: Settings):
        self.settings = settings
        of_captioner = {
            "model": settings.hf_model,
            "max_new_tokens": settings.max_new_tokens,
            "top_p": settings.top_p or 1.0,
            # at 0 the likeliest words are asked for by the request, and this counts for nothing
            "temperature": settings.temperature or 1.0,
        }
        self.captioner = CachedCaptioner("image_text_to_text", of_captioner, "mllm_mapper")

    def make(self, batch: Batch) -> tuple[list[list[Made]], dict[int, str]]:
        """Return each sample with its answers, and the reasons of those that cannot be asked about.

        A sample without pictures stays as it was.
        """
        wanted, bad = wanted_captions(batch)
        # candidate 0 is the likeliest caption, all others are drawn
        candidate = 1 if self.settings.temperature > 0 else 0
        requests = [Request(place.image, place.words, candidate) for place in wanted]
        answers, unreadable = self.captioner.caption(
            batch.pictures, requests, self.settings.seed, tokens=batch.tokens
        )
        bad |= bad_pictures(wanted, unreadable)
        made: list[list[Made]] = []
        by_position = by_sample(wanted, [[answer] for answer in answers], len(batch))
        for position, of_pictures in enumerate(by_position):
            if position in bad:
                made.append([])
                continue
            text = batch.texts[position]
            if of_pictures:
                captions = [answer for (answer,) in of_pictures]
                text = text_with_captions(text, captions, batch.tokens)
            made.append([Made(text, list(batch.images[position]))])
        return made, bad

    def close(self) -> None:
        """Let go of what the run held."""
        self.captioner.close()
