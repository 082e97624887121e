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

    `model` and the further `settings` of the endpoint (base_url, key_env, prices, ...): docs/captioners.md.
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
                f"{WHERE}: a recipe must not hold an api_key; put it into the environment variable OPENAI_API_KEY"
            )


def open_maker(settings: Settings, folder: Path) -> Maker:
    return Maker(settings)


class Maker:
    """Describes the pictures of one batch after the other."""

    def __init__(self, settings: Settings):
        self.settings = settings
        own = {
            "mode": settings.mode,
            "max_tokens": settings.max_token,
            "temperature": settings.temperature,
        }
        own |= {"system_prompt": settings.system_prompt, "model": settings.model}
        self.captioner = CachedCaptioner(
            "openai_endpoint", own | settings.settings, f"{WHERE}.settings"
        )

    def make(self, batch: Batch) -> tuple[list[list[Made]], dict[int, str]]:
        """Return one new sample of each sample with pictures, and the reasons of samples that cannot be described.

        With `any_or_all: all` there is none where one picture was refused, with `any` where all were.
        """
        settings = self.settings
        wanted, bad = wanted_captions(batch)
        prompts = prompts_of(batch, settings.user_prompt, settings.user_prompt_key)
        requests = [Request(place.image, prompts[place.position], 0) for place in wanted]
        texts, unreadable = self.captioner.caption(batch.pictures, requests, settings.seed)
        bad |= bad_pictures(wanted, unreadable)
        found: list[list[Made]] = []
        enough = all if settings.any_or_all == "all" else any
        for position, captions in enumerate(
            by_sample(wanted, [[text] for text in texts], len(batch))
        ):
            own = [text for (text,) in captions]
            new = text_with_captions(batch.texts[position], own, batch.tokens, settings.compat)
            found.append(
                [Made(new, list(batch.images[position]))]
                if own and enough(own) and position not in bad
                else []
            )
        return found, bad

    def close(self) -> None:
        self.captioner.close()
