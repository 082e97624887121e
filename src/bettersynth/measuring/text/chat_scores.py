"""Scores that a chat model gives a text, dimension by dimension: what is asked, and its answer.

Settings, stats and the form of the answer are those of Data-Juicer's `llm_*` filters; the words
that ask for it are our own.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from bettersynth.data.samples.batch import BadSample, Batch
from bettersynth.errors import UserError
from bettersynth.measuring.chat_asking import RepeatedChatSettings, answered
from bettersynth.measuring.protocols import Values
from bettersynth.measuring.ranges import Ends, in_range

TEXT = "text"
HIGHEST = 5
ANSWER_FORM = (
    "Answer with one JSON object and nothing else. Its field dimension_scores holds a number from "
    "1 (lowest) to 5 (highest) for each of: {names}. Its further fields: flags, a list of short "
    "names of what is wrong; rationale, one sentence; recommendation, a list with keep, review or "
    "discard{tags}."
)
FIELD_TEMPLATE = "**{field_name}**\n{field_data}"
INPUT_TEMPLATE = "# Data\n'''\n{data}\n'''\n"


@dataclass(frozen=True)
class Measuring(RepeatedChatSettings):
    """Whom and what is asked; `api_or_hf_model` is the model's name at the endpoint."""

    api_or_hf_model: str = "gpt-4o"
    is_hf_model: Literal[False] = False
    enable_vllm: Literal[False] = False
    input_keys: list[str] = field(default_factory=lambda: [TEXT])
    field_names: list[str] = field(default_factory=lambda: ["Text"])
    system_prompt: str | None = None
    input_template: str | None = None
    field_template: str | None = None
    dim_required_keys: list[str] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(self.input_keys) != len(self.field_names) or not self.input_keys:
            raise UserError(
                f"{len(self.input_keys)} in input_keys and {len(self.field_names)} in "
                "field_names; there must be as many, and at least one"
            )


@dataclass(frozen=True)
class Deciding(Ends):
    """The range of the mean score / 5 that is kept: `min_score` to `max_score`."""

    min_score: float = 0.5
    max_score: float = 1.0


def reads(settings: Measuring) -> tuple[str, ...]:
    """Return what a value depends on."""
    return (TEXT,) if settings.input_keys == [TEXT] else (TEXT, "fields")


def fields_read(settings: Measuring) -> list[str]:
    """Return the fields that are asked about beside the text."""
    return [key for key in settings.input_keys if key != TEXT]


@dataclass(frozen=True)
class Judge:
    """What a chat model judges texts by; its methods are an operator's `measure` and `keep`.

    `dimensions` holds what each dimension means; `tags`, what a text is tagged with besides.
    `name` begins the names of the stats: the score, the answer as JSON, and its tags.
    """

    name: str
    task: str
    dimensions: Mapping[str, str]
    tags: tuple[str, ...] = ()

    @property
    def stats(self) -> tuple[str, str, str]:
        """The names of the stats."""
        # Data-Juicer's
        prefix = self.name.removesuffix("_score")
        return self.name, f"{prefix}_record", f"{prefix}_tags"

    def prompt(self) -> str:
        """Return what a model is told: the task, what each dimension means, the answer's form."""
        meanings = "\n".join(f"- {name}: {meaning}" for name, meaning in self.dimensions.items())
        further = f"; tags, an object with {' and '.join(self.tags)}" if self.tags else ""
        form = ANSWER_FORM.format(names=", ".join(self.dimensions), tags=further)
        return f"{self.task}\n\nDimensions:\n{meanings}\n\n{form}"

    def measure(self, batch: Batch, settings: Measuring, before: str = "") -> Values:
        """Return the mean score / 5, in [0.2, 1], the whole answer as JSON, and its tags.

        Special tokens are left out of what is asked. `before` stands before the data.

        Raises:
            BadSample: samples without an answer that holds the scores, after all tries.
            UserError: the endpoint answers nobody.
        """
        chat = settings.open_chat(settings.api_or_hf_model, self.name)
        told = settings.system_prompt or self.prompt()
        required = settings.dim_required_keys or list(self.dimensions)
        asked = [before + data_of(batch, place, settings) for place in range(len(batch))]
        scored, reasons = answered(
            chat, told, asked, lambda answer: read_scores(answer, required), settings.try_num
        )
        bad = [place for place, words in enumerate(asked) if words not in scored]
        if bad:
            distinct = set(reasons.values())
            detail = f": {distinct.pop()}" if len(distinct) == 1 else ""
            raise BadSample(bad, f"no scores in {settings.try_num} answers{detail}")
        columns = zip(*[scored[words] for words in asked], strict=True)
        return {stat: list(column) for stat, column in zip(self.stats, columns, strict=True)}

    def keep(self, values: Values, settings: Deciding) -> np.ndarray:
        """Return bool `[texts]`: whose score is in the range."""
        return in_range(values[self.name], settings.min_score, settings.max_score, settings)


def data_of(batch: Batch, place: int, settings: Measuring) -> str:
    """Return what is asked about one sample: its fields, each under its name."""
    parts: list[str] = []
    for key, name in zip(settings.input_keys, settings.field_names, strict=True):
        value = (
            batch.tokens.strip(batch.texts[place]) if key == TEXT else batch.rows[place].get(key)
        )
        parts.append(named_field(name, value, settings))
    template = settings.input_template or INPUT_TEMPLATE
    return template.format(data="\n\n".join(parts))


def named_field(name: str, value: Any, settings: Measuring) -> str:
    """Return one field of a sample under its name."""
    template = settings.field_template or FIELD_TEMPLATE
    return template.format(field_name=name, field_data=value)


def read_scores(answer: str, dimensions: Sequence[str]) -> tuple[float, str, str]:
    """Return the mean of the scores of `dimensions` / 5, the answer as JSON, and its tags.

    Raises:
        ValueError: it holds no JSON object with a number from 1 to 5 for each dimension.
    """
    record = _first_object(answer)
    scores = record.get("dimension_scores")
    if not isinstance(scores, dict):
        raise ValueError("the answer has no dimension_scores")
    total = 0.0
    for name in dimensions:
        score = scores.get(name)
        is_number = isinstance(score, int | float) and not isinstance(score, bool)
        if not is_number or not 1 <= score <= HIGHEST:
            raise ValueError(f"{name} is {score!r}, no number from 1 to {HIGHEST}")
        total += score
    record["recommendation"] = _list_of_texts(record.get("recommendation"))
    tags = record.get("tags")
    if tags is None or isinstance(tags, str):
        tags_text = tags or ""
    else:
        tags_text = json.dumps(tags, ensure_ascii=False)
    # in Data-Juicer's order of divisions, to its last bit
    return total / len(dimensions) / HIGHEST, json.dumps(record, ensure_ascii=False), tags_text


def _first_object(answer: str) -> dict[str, Any]:
    decoder = json.JSONDecoder()
    start = answer.find("{")
    while start >= 0:
        try:
            value, _ = decoder.raw_decode(answer, start)
        except (ValueError, RecursionError):
            start = answer.find("{", start + 1)
            continue
        assert isinstance(value, dict)
        return value
    raise ValueError("the answer holds no JSON object")


def _list_of_texts(value: Any) -> list[str]:
    """Return a recommendation as a list: models write one word or several."""
    values = value if isinstance(value, list) else [value]
    texts = [str(one).strip() for one in values if one is not None]
    return [text for text in texts if text]
