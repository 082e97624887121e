"""Make samples whose words an OpenAI-compatible endpoint wrote about their pictures."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from bettersynth.data.samples.batch import Batch
from bettersynth.errors import UserError
from bettersynth.measuring.captioning import VERSION, CachedCaptioner
from bettersynth.measuring.new_captions import (
    bad_pictures,
    by_sample,
    prompts_of,
    text_with_captions,
    wanted_captions,
)
from bettersynth.measuring.protocols import Made
from bettersynth.models.captioners import Request
from bettersynth.models.captioners.openai_endpoint import Mode

__all__ = ["READS", "VERSION", "Settings", "open_maker"]
READS = ("text", "images", "fields")
WHERE = "image_captioning_from_gpt4v_mapper"


@dataclass(frozen=True)
class Settings:
    """Data-Juicer's settings, but for `api_key`: the key comes from the environment alone.

    `model` and the further `settings` of the endpoint (base_url, key_env, prices, ...):
    docs/captioners.md.
    """

    mode: Mode = "description"
    api_key: str = field(default="", repr=False)
    max_token: int = 500
    temperature: float = 1.0
    system_prompt: str = ""
    user_prompt: str = ""
    user_prompt_key: str | None = None
    keep_original_sample: bool = True
    any_or_all: Literal["any", "all"] = "any"
    model: str = "gpt-4o-mini"
    settings: dict[str, Any] = field(default_factory=dict)
    seed: int = 0
    compat: Literal["", "data_juicer"] = ""

    def __post_init__(self) -> None:
        if self.api_key:
            raise UserError(
                f"{WHERE}: a recipe must not hold an api_key; "
                "put it into the environment variable OPENAI_API_KEY"
            )


def keys_read(settings: Settings) -> list[str]:
    """Return the key of the field of the prompts, if one is named."""
    return [settings.user_prompt_key] if settings.user_prompt_key else []


def open_maker(settings: Settings, folder: Path) -> Maker:
    """Return what makes new samples during one run."""
    return Maker(settings)


class Maker:
    """Describes the pictures of one batch after the other."""

    def __init__(self, settings: Settings):
        self.settings = settings
        of_captioner = {
            "mode": settings.mode,
            "max_tokens": settings.max_token,
            "temperature": settings.temperature,
            "system_prompt": settings.system_prompt,
            "model": settings.model,
            **settings.settings,
        }
        self.captioner = CachedCaptioner("openai_endpoint", of_captioner, f"{WHERE}.settings")

    def make(self, batch: Batch) -> tuple[list[list[Made]], dict[int, str]]:
        """Return one new sample of each sample with pictures.

        Beside them, the reasons of samples that cannot be described. With `any_or_all: all` there
        is no new sample where one picture was refused, with `any` where all were.
        """
        settings = self.settings
        wanted, bad = wanted_captions(batch)
        prompts = prompts_of(batch, settings.user_prompt, settings.user_prompt_key)
        # candidate 0: an endpoint draws by temperature, there is only one
        requests = [Request(place.image, prompts[place.position], 0) for place in wanted]
        texts, unreadable = self.captioner.caption(
            batch.pictures, requests, settings.seed, tokens=batch.tokens
        )
        bad |= bad_pictures(wanted, unreadable)
        enough = all if settings.any_or_all == "all" else any
        made: list[list[Made]] = []
        by_position = by_sample(wanted, [[text] for text in texts], len(batch))
        for position, of_pictures in enumerate(by_position):
            # "" where a picture was refused
            captions = [caption for (caption,) in of_pictures]
            if position in bad or not captions or not enough(captions):
                made.append([])
                continue
            text = batch.texts[position]
            new = text_with_captions(text, captions, batch.tokens, settings.compat)
            made.append([Made(new, list(batch.images[position]))])
        return made, bad

    def close(self) -> None:
        """Let go of what the run held."""
        self.captioner.close()
