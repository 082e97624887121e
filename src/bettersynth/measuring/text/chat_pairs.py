"""Pairs of question and answer that a chat model writes anew, in Data-Juicer's templates; the words
that ask for it are our own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import regex

from bettersynth.data.samples.batch import Batch
from bettersynth.errors import UserError
from bettersynth.measuring.chat_asking import RepeatedChatSettings
from bettersynth.measuring.chat_writing import Fields, FieldWriter, field_of, text_of, words_in
from bettersynth.measuring.text.user_patterns import compile_pattern, match_at_start

PAIR_TEMPLATE = "【问题】\n{}\n【回答】\n{}"
REFERENCE_TEMPLATE = "【参考信息】\n{}"
CALIBRATED_TEMPLATE = "{reference}\n{qa_pair}"
# sought at the start of an answer
OUTPUT_PATTERN = r".*?【问题】\s*(.*?)\s*【回答】\s*(.*)"
FORM = "Answer in this form and with nothing else:\n" + PAIR_TEMPLATE.format(
    "the new question", "the new answer"
)
Read = Callable[[str], list[Fields]]


@dataclass(frozen=True)
class PairSettings(RepeatedChatSettings):
    """What is asked about pairs of question and answer.

    `query_key` and `response_key` are the fields of question and answer. `qa_pair_template` has two
    places, `{}`. `output_pattern`, where both are written, has a group for each, and a dot in it
    meets line ends too.
    """

    system_prompt: str | None = None
    input_template: str | None = None
    qa_pair_template: str | None = None
    output_pattern: str | None = None
    query_key: str = "query"
    response_key: str = "response"
    keep_original_sample: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        require_template("qa_pair_template", self.qa_pair_template, 2)
        compile_pattern(self.output_pattern or OUTPUT_PATTERN, "output_pattern")


@dataclass(frozen=True)
class OptimizeSettings(PairSettings):
    """Whom is asked about a pair alone; `input_template` has a place for it, `{}`."""

    api_or_hf_model: str = "Qwen/Qwen2.5-7B-Instruct"
    is_hf_model: Literal[False] = False
    enable_vllm: Literal[False] = False

    def __post_init__(self) -> None:
        super().__post_init__()
        require_template("input_template", self.input_template, 1)


@dataclass(frozen=True)
class CalibrateSettings(PairSettings):
    """Whom is asked about a pair beside the sample's text, which it is calibrated by.

    `reference_template` has a place for the text, `{}`; `input_template` the places `{reference}`
    and `{qa_pair}`.
    """

    api_model: str = "gpt-4o"
    reference_template: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        require_template("reference_template", self.reference_template, 1)
        require_template("input_template", self.input_template, 0, ("reference", "qa_pair"))


def require_template(
    setting: str, template: str | None, places: int, names: tuple[str, ...] = ()
) -> None:
    """Pass if a template can be filled.

    Raises:
        UserError: it has other places than these.
    """
    try:
        (template or "").format(*[""] * places, **dict.fromkeys(names, ""))
    except (LookupError, ValueError):
        known = ", ".join(["{}"] * places + [f"{{{name}}}" for name in names])
        raise UserError(
            f"{setting} {template!r} cannot be filled; its places are {known}, and a brace that is "
            "none is written twice"
        ) from None


def require_two_groups(settings: PairSettings) -> None:
    """Pass if the pattern tells question from answer.

    Raises:
        UserError: it has fewer groups than two.
    """
    require_groups(settings.output_pattern or OUTPUT_PATTERN, (2, None))


def require_groups(output_pattern: str, ends: tuple[int, int | None]) -> None:
    """Pass if a pattern has as many groups as question and answer take: from `ends[0]` to
    `ends[1]`, or any more.

    Raises:
        UserError: it has not.
    """
    groups = compile_pattern(output_pattern, "output_pattern").groups
    least, most = ends
    if groups < least or (most is not None and groups > most):
        raise UserError(
            f"output_pattern {output_pattern!r} has {groups} groups; it needs two, for question "
            "and answer"
        )


def pair_keys(settings: PairSettings) -> list[str]:
    """Return the keys of the fields that are read."""
    return [settings.query_key, settings.response_key]


def pair_of(batch: Batch, position: int, settings: PairSettings) -> str:
    """Return a sample's question and answer in their template.

    Raises:
        ValueError: one of them is no text.
    """
    question = field_of(batch, position, settings.query_key)
    answer = field_of(batch, position, settings.response_key)
    return (settings.qa_pair_template or PAIR_TEMPLATE).format(question, answer)


def both(settings: PairSettings) -> Read:
    """Return what reads a new question and a new answer; one that is empty stays as it was."""
    matcher = compile_pattern(settings.output_pattern or OUTPUT_PATTERN, flags=regex.DOTALL)

    def read(answer: str) -> list[Fields]:
        match = match_at_start(matcher, answer)
        fields: dict[str, Any] = {}
        for number, key in enumerate(pair_keys(settings), 1):
            part = ((match[number] if match else None) or "").strip()
            if part:
                fields[key] = part
        if not fields:
            raise ValueError("output_pattern finds no question and answer")
        return [fields]

    return read


def only(key: str) -> Read:
    """Return what reads an answer as the field `key`."""
    return lambda answer: [{key: words_in(answer)}]


def answer_in(settings: PairSettings) -> Read:
    """Return what reads a new answer: what the last group of `output_pattern` finds, or without
    one, or where it finds nothing, all of it.
    """
    if not settings.output_pattern:
        return only(settings.response_key)
    matcher = compile_pattern(settings.output_pattern, flags=regex.DOTALL)

    def read(answer: str) -> list[Fields]:
        match = match_at_start(matcher, answer)
        found = match[match.lastindex] if match and match.lastindex else answer
        return [{settings.response_key: words_in(found)}]

    return read


def optimizer(settings: OptimizeSettings, operator: str, told: str, read: Read) -> FieldWriter:
    """Return what asks about pairs alone during one run; `told` says by default what to do."""

    def words(batch: Batch, position: int) -> str:
        return (settings.input_template or "{}").format(pair_of(batch, position, settings))

    return _writer(settings, settings.api_or_hf_model, operator, told, words, read)


def calibrator(settings: CalibrateSettings, operator: str, told: str, read: Read) -> FieldWriter:
    """Return what asks about pairs beside a text; `told` says by default what to do."""

    def words(batch: Batch, position: int) -> str:
        text = text_of(batch, position)
        reference = (settings.reference_template or REFERENCE_TEMPLATE).format(text)
        pair = pair_of(batch, position, settings)
        template = settings.input_template or CALIBRATED_TEMPLATE
        return template.format(reference=reference, qa_pair=pair)

    return _writer(settings, settings.api_model, operator, told, words, read)


def _writer(
    settings: PairSettings,
    model: str,
    operator: str,
    told: str,
    words: Callable[[Batch, int], str],
    read: Read,
) -> FieldWriter:
    chat = settings.open_chat(model, operator)
    return FieldWriter(chat, settings.system_prompt or told, settings.try_num, words, read)
