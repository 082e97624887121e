"""Let a chat model write questions about a text with their answers, a sample of each pair."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Literal

import regex

from bettersynth.data.samples.batch import Batch
from bettersynth.errors import UserError
from bettersynth.measuring.chat_answers import VERSION
from bettersynth.measuring.chat_asking import open_chat, require_asking
from bettersynth.measuring.chat_writing import Fields, FieldWriter, text_of
from bettersynth.measuring.text.user_patterns import compile_pattern, find_all

__all__ = ["READS", "VERSION", "Settings", "open_maker"]
READS = ("text",)
WHERE = "generate_qa_from_text_mapper"
PATTERN = r"Human:(.*?)Assistant:(.*?)(?=Human|$)"
TOLD = (
    "You write questions about the text you are given that it answers, each with its answer, in "
    "the language of the text. Write nothing else than, for each of them:\n"
    "Human: the question\nAssistant: the answer"
)
TRIES = 1


@dataclass(frozen=True)
class Settings:
    """`max_num` pairs a text at most (null: all). `output_pattern` has two groups, for question and
    answer, which go into the fields `query_key` and `response_key`.

    `hf_model` is the model's name at an OpenAI-compatible endpoint; `model_params.base_url`,
    `sampling_params` and `settings` as those of `llm_quality_score_filter`.
    """

    BOUNDS: ClassVar = {"max_num": (1, 1_000_000)}

    hf_model: str = "alibaba-pai/pai-qwen1_5-7b-doc2qa"
    max_num: int | None = None
    output_pattern: str | None = None
    enable_vllm: Literal[False] = False
    model_params: dict[str, Any] = field(default_factory=dict)
    sampling_params: dict[str, Any] = field(default_factory=dict)
    query_key: str = "query"
    response_key: str = "response"
    settings: dict[str, Any] = field(default_factory=dict)
    seed: int = 0
    keep_original_sample: bool = False

    def __post_init__(self) -> None:
        require_asking(self.model_params, self.sampling_params, TRIES)
        groups = compile_pattern(self.output_pattern or PATTERN, "output_pattern").groups
        if groups != 2:
            raise UserError(
                f"output_pattern {self.output_pattern!r} has {groups} groups; it needs two, for "
                "question and answer"
            )


def open_maker(settings: Settings, folder: Path) -> FieldWriter:
    """Return what asks for pairs during one run; nothing is written into `folder`."""
    of_endpoint = (settings.model_params, settings.sampling_params, settings.settings)
    chat = open_chat(settings.hf_model, *of_endpoint, settings.seed, WHERE)
    matcher = compile_pattern(settings.output_pattern or PATTERN, flags=regex.DOTALL)

    def words(batch: Batch, position: int) -> str:
        return text_of(batch, position)

    def read(answer: str) -> Sequence[Fields]:
        pairs: list[Fields] = []
        for match in find_all(matcher, answer)[: settings.max_num]:
            question, reply = match[1].strip(), match[2].strip()
            pairs.append({settings.query_key: question, settings.response_key: reply})
        if not pairs:
            raise ValueError("output_pattern finds no question and answer")
        return pairs

    return FieldWriter(chat, TOLD, TRIES, words, read)
