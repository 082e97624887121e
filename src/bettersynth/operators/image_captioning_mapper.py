"""Make samples whose words are new captions of their pictures, by any captioner there is."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from bettersynth.data.samples.batch import Batch
from bettersynth.data.samples.text_form import text_of_caption
from bettersynth.errors import UserError
from bettersynth.measuring.caption_choice import (
    Described,
    by_picture,
    kept_captions,
    requests_of,
)
from bettersynth.measuring.captioning import VERSION, CachedCaptioner
from bettersynth.measuring.measure import measure, open_column
from bettersynth.measuring.new_captions import (
    Wanted,
    bad_pictures,
    by_sample,
    prompts_of,
    text_with_captions,
    wanted_captions,
)
from bettersynth.measuring.protocols import Made
from bettersynth.models.captioners import captioner_module
from bettersynth.operators import image_text_similarity_filter
from bettersynth.settings.caption import CandidateMode

__all__ = ["READS", "VERSION", "Settings", "open_maker"]
READS = ("text", "images", "fields")
WHERE = "image_captioning_mapper"


@dataclass(frozen=True)
class Settings:
    """Data-Juicer's settings; `hf_img2seq` is the `model` of captioners that have one.

    `captioner` and its `settings`: docs/captioners.md. `best_similarity` is judged by `hf_clip`.
    Data-Juicer draws all candidates without a seed; here the first is the likeliest caption, and
    `seed` fixes the others and what `random_any` takes.
    """

    hf_img2seq: str = "Salesforce/blip2-opt-2.7b"
    trust_remote_code: bool = False
    caption_num: int = 1
    keep_candidate_mode: CandidateMode = "random_any"
    keep_original_sample: bool = True
    prompt: str | None = None
    prompt_key: str | None = None
    captioner: str = "blip"
    settings: dict[str, Any] = field(default_factory=dict)
    hf_clip: str = "openai/clip-vit-base-patch32"
    seed: int = 0
    compat: Literal["", "data_juicer"] = ""

    def __post_init__(self) -> None:
        if self.caption_num < 1:
            raise UserError(f"{WHERE}: caption_num is {self.caption_num}; it must be above 0")


def keys_read(settings: Settings) -> list[str]:
    """Return the key of the field of the prompts, if one is named."""
    return [settings.prompt_key] if settings.prompt_key else []


def open_maker(settings: Settings, folder: Path) -> Maker:
    """Return what makes new samples during one run."""
    return Maker(settings)


def captioner_settings(settings: Settings) -> dict[str, Any]:
    """Return the captioner's own settings.

    Data-Juicer's `hf_img2seq` and `trust_remote_code` are among them where it has such settings.
    """
    fields = dataclasses.fields(captioner_module(settings.captioner, WHERE).Settings)
    known = {field.name for field in fields}
    given = {"model": settings.hf_img2seq, "trust_remote_code": settings.trust_remote_code}
    return {name: value for name, value in given.items() if name in known} | settings.settings


class Maker:
    """Describes the pictures of one batch after the other."""

    def __init__(self, settings: Settings):
        self.settings = settings
        self.captioner = CachedCaptioner(
            settings.captioner, captioner_settings(settings), f"{WHERE}.settings"
        )
        self.measuring = image_text_similarity_filter.Measuring(hf_clip=settings.hf_clip)
        best = settings.keep_candidate_mode == "best_similarity"
        # the filter's own column: similarities that it measured are not measured again
        self.scores = open_column(image_text_similarity_filter, self.measuring) if best else None

    def make(self, batch: Batch) -> tuple[list[list[Made]], dict[int, str]]:
        """Return the new samples of each sample, and the reasons of those that cannot be described.

        One new sample, or one for each candidate with `all`; none without pictures, or where the
        captioner refuses a picture.
        """
        settings = self.settings
        count = settings.caption_num
        wanted, bad = wanted_captions(batch)
        prompts = prompts_of(batch, settings.prompt, settings.prompt_key)
        asked = [prompts[place.position] for place in wanted]
        requests = requests_of([place.image for place in wanted], asked, count)
        made, unreadable = self.captioner.caption(
            batch.pictures, requests, settings.seed, tokens=batch.tokens
        )
        bad |= bad_pictures(wanted, unreadable)
        captions = self._chosen(batch, wanted, asked, by_picture(made, count), bad)
        new: list[list[Made]] = []
        for position, of_pictures in enumerate(by_sample(wanted, captions, len(batch))):
            new.append([])
            # as many new samples as every picture has captions for; none without pictures
            count = min(map(len, of_pictures), default=0) if position not in bad else 0
            for number in range(count):
                captions_of_one = [texts[number] for texts in of_pictures]
                new[position].append(self._new_sample(batch, position, captions_of_one))
        return new, bad

    def _chosen(
        self,
        batch: Batch,
        wanted: Sequence[Wanted],
        prompts: Sequence[str],
        captions: Sequence[list[str]],
        bad: dict[int, str],
    ) -> list[list[str]]:
        """Return the captions of each wanted picture that are kept; none of samples set aside."""
        pictures: list[Described] = []
        for place, prompt, texts in zip(wanted, prompts, captions, strict=True):
            if place.position in bad:
                # keeps its place, so that positions go on fitting
                pictures.append(Described([]))
                continue
            # by content: what is drawn depends on neither order nor names
            draw = [batch.pictures.sha256(place.image), prompt, str(self.settings.seed)]
            pictures.append(Described(texts, place.words, draw))

        def similarity(pairs: Sequence[tuple[int, str]]) -> list[float]:
            of_images = [(wanted[place].image, text) for place, text in pairs]
            return self._similarity(batch, of_images)

        mode = self.settings.keep_candidate_mode
        kept = kept_captions(mode, pictures, similarity, self.settings.compat)
        chosen: list[list[str]] = []
        for picture, numbers in zip(pictures, kept, strict=True):
            chosen.append([picture.captions[number] for number in numbers])
        return chosen

    def _new_sample(self, batch: Batch, position: int, captions: Sequence[str]) -> Made:
        """Return the sample at `position` with one new caption for each of its pictures."""
        text = batch.texts[position]
        words = text_with_captions(text, captions, batch.tokens, self.settings.compat)
        return Made(words, list(batch.images[position]))

    def _similarity(self, batch: Batch, pairs: Sequence[tuple[str, str]]) -> list[float]:
        """Return how well each (picture, caption) pair fits."""
        texts = [text_of_caption(caption) for _, caption in pairs]
        pictures = [[image] for image, _ in pairs]
        shown = Batch(texts, pictures, batch.pictures)
        values = measure(image_text_similarity_filter, self.measuring, shown, self.scores).values
        return [value[0] for value in values["image_text_similarity"]]

    def close(self) -> None:
        """Let go of what the run held."""
        self.captioner.close()
        if self.scores is not None:
            self.scores.close()
