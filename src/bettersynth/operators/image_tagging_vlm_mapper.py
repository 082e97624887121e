"""Let a chat model that sees pictures tag them."""

from __future__ import annotations

import ast
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from bettersynth.data.samples.batch import Batch
from bettersynth.errors import UserError
from bettersynth.measuring.captioning import VERSION, CachedCaptioner
from bettersynth.measuring.new_captions import Wanted, bad_pictures
from bettersynth.measuring.protocols import Made
from bettersynth.measuring.text.chat_pairs import require_template
from bettersynth.models.captioners import Request

__all__ = ["READS", "VERSION", "Settings", "open_maker"]
READS = ("text", "images", "fields")
WHERE = "image_tagging_vlm_mapper"
# Data-Juicer's field of what it finds out about a sample
META = "__dj__meta__"
TOLD = (
    "You tag pictures. Name what matters most in the picture: things, actions, colours, materials, "
    "style, mood, place. Give five to ten tags in English, in lower case, words joined by hyphens. "
    'Answer with JSON and nothing else: {"tags": ["wooden-table", "red-apple"]}'
)
TEMPLATE = (
    "Words that came with the picture, which may be wrong or missing: {text}\n"
    "Use them only as far as they fit what is seen."
)
# what Data-Juicer cuts off around the JSON
AROUND = ("```json", "```", "JSON:", "Response:")
SAMPLING = ("temperature", "max_tokens")
MAX_TAGS = 10
MAX_CHARACTERS = 30


@dataclass(frozen=True)
class Settings:
    """Data-Juicer's settings, with the endpoint's own (base_url, key_env, prices, ...) among
    `settings`: docs/captioners.md.

    `input_template` has the place `{text}`. A picture is asked about `try_num` times at most, until
    the answer can be read. `sampling_params`: temperature (0 unless said), max_tokens.
    """

    api_or_hf_model: str = "Qwen/Qwen2.5-VL-7B-Instruct"
    is_api_model: Literal[True] = True
    tag_field_name: str = "image_tags"
    system_prompt: str | None = None
    input_template: str | None = None
    model_params: dict[str, Any] = field(default_factory=dict)
    sampling_params: dict[str, Any] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    try_num: int = 3
    seed: int = 0
    keep_original_sample: bool = False

    def __post_init__(self) -> None:
        require_template("input_template", self.input_template, 0, ("text",))
        _refuse_unknown("model_params", self.model_params, ("base_url",))
        _refuse_unknown("sampling_params", self.sampling_params, SAMPLING)
        if self.try_num < 1:
            raise UserError(f"try_num is {self.try_num}; it must be 1 or more")
        if not self.tag_field_name:
            raise UserError("tag_field_name is empty; it names the field of the tags")


def _refuse_unknown(where: str, given: Mapping[str, Any], known: Sequence[str]) -> None:
    for name in given:
        if name not in known:
            raise UserError(f"{where} has no {name}; known are: {', '.join(known)}")


def open_maker(settings: Settings, folder: Path) -> Maker:
    """Return what asks for tags during one run; nothing is written into `folder`."""
    return Maker(settings)


class Maker:
    """Tags the pictures of one batch after the other."""

    def __init__(self, settings: Settings):
        self.settings = settings
        self.template = settings.input_template or TEMPLATE
        of_captioner = {
            "mode": "custom",
            "model": settings.api_or_hf_model,
            "system_prompt": settings.system_prompt or TOLD,
            "temperature": 0.0,
            **settings.settings,
            **settings.model_params,
            **settings.sampling_params,
        }
        self.captioner = CachedCaptioner("openai_endpoint", of_captioner, f"{WHERE}: settings")

    def make(self, batch: Batch) -> tuple[list[list[Made]], dict[int, str]]:
        """Return each sample with the tags of each of its pictures, `[pictures][tags]`, in
        `__dj__meta__`.

        A sample without pictures has an empty list; one that has the field already stays as it is.
        Beside them, the reasons of samples with a picture whose tags cannot be had.
        """
        asked: list[Wanted] = []
        for position in range(len(batch)):
            if self.settings.tag_field_name not in _meta(batch, position):
                words = batch.tokens.strip(batch.texts[position])
                prompt = self.template.format(text=words)
                asked += [Wanted(position, name, prompt) for name in batch.images[position]]
        tags, bad = self._tags(batch, asked)
        made: list[list[Made]] = []
        for position in range(len(batch)):
            if position in bad:
                made.append([])
                continue
            text, images = batch.texts[position], list(batch.images[position])
            meta = _meta(batch, position)
            if self.settings.tag_field_name not in meta:
                own = [tags[place] for place in asked if place.position == position]
                meta = {**meta, self.settings.tag_field_name: own}
            made.append([Made(text, images, fields={META: meta})])
        return made, bad

    def _tags(
        self, batch: Batch, asked: Sequence[Wanted]
    ) -> tuple[dict[Wanted, list[str]], dict[int, str]]:
        """Return the tags of each picture, and why samples have none."""
        tags: dict[Wanted, list[str]] = {}
        bad: dict[int, str] = {}
        for number in range(self.settings.try_num):
            left = [place for place in asked if place not in tags and place.position not in bad]
            requests = [Request(place.image, place.words, number) for place in left]
            answers, unreadable = self.captioner.caption(
                batch.pictures, requests, self.settings.seed, tokens=batch.tokens
            )
            bad |= bad_pictures(left, unreadable)
            for place, answer in zip(left, answers, strict=True):
                found = tags_in(answer)
                if found is not None:
                    tags[place] = found
        for place in asked:
            if place not in tags and place.position not in bad:
                tries = self.settings.try_num
                bad[place.position] = f"no tags to read in {tries} answers about {place.image}"
        return tags, bad

    def close(self) -> None:
        """Let go of what the run held."""
        self.captioner.close()


def tags_in(answer: str) -> list[str] | None:
    """Return the tags of an answer, at most 10 different ones in its order; None where it is no
    mapping with `tags` or `tag`.

    Written as Data-Juicer does: lower case, hyphens for spaces, 30 characters at most. Data-Juicer
    puts them in an order that changes from run to run.
    """
    words = answer.strip()
    for mark in AROUND:
        words = words.replace(mark, "")
    found = _mapping_in(words.strip())
    if found is None:
        return None
    tags = found.get("tags", found.get("tag", []))
    if isinstance(tags, str):
        tags = [tag.strip() for tag in tags.split(",")]
    if not isinstance(tags, list):
        return None
    written: list[str] = []
    for tag in tags:
        if isinstance(tag, str):
            written.append(tag.lower().replace(" ", "-")[:MAX_CHARACTERS])
    return list(dict.fromkeys(written))[:MAX_TAGS]


def _mapping_in(words: str) -> dict[str, Any] | None:
    """Return a mapping of JSON, of JSON with single quotes, or as Python writes it."""

    def loose(text: str) -> Any:
        return json.loads(text, strict=False)

    readers = (loose, lambda text: loose(text.replace("'", '"')), ast.literal_eval)
    for read in readers:
        try:
            value = read(words)
        except (ValueError, SyntaxError, RecursionError, MemoryError, TypeError):
            continue
        return value if isinstance(value, dict) else None
    return None


def _meta(batch: Batch, position: int) -> dict[str, Any]:
    """Return what the sample holds in Data-Juicer's field of such facts."""
    meta = batch.rows[position].get(META)
    return meta if isinstance(meta, dict) else {}
