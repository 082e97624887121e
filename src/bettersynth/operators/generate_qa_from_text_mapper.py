"""Let a chat model write questions about a text with their answers, a sample of each pair."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

import regex

from bettersynth.measuring.chat_answers import VERSION
from bettersynth.measuring.chat_asking import ChatSettings
from bettersynth.measuring.chat_writing import Fields, FieldWriter, text_of
from bettersynth.measuring.text.chat_pairs import require_groups
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
class Settings(ChatSettings):
    """`max_num` pairs a text at most (null: all). `output_pattern` has two groups, for question and
    answer, which go into the fields `query_key` and `response_key`.

    `hf_model` is the model's name at the endpoint.
    """

    BOUNDS: ClassVar = {"max_num": (1, 1_000_000)}

    hf_model: str = "alibaba-pai/pai-qwen1_5-7b-doc2qa"
    max_num: int | None = None
    output_pattern: str | None = None
    enable_vllm: Literal[False] = False
    query_key: str = "query"
    response_key: str = "response"
    keep_original_sample: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        require_groups(self.output_pattern or PATTERN, (2, 2))


def open_maker(settings: Settings, folder: Path) -> FieldWriter:
    """Return what asks for pairs during one run; nothing is written into `folder`."""
    chat = settings.open_chat(settings.hf_model, WHERE)
    matcher = compile_pattern(settings.output_pattern or PATTERN, flags=regex.DOTALL)

    def read(answer: str) -> Sequence[Fields]:
        pairs: list[Fields] = []
        for match in find_all(matcher, answer)[: settings.max_num]:
            question, reply = match[1].strip(), match[2].strip()
            pairs.append({settings.query_key: question, settings.response_key: reply})
        if not pairs:
            raise ValueError("output_pattern finds no question and answer")
        return pairs

    return FieldWriter(chat, TOLD, TRIES, text_of, read)
