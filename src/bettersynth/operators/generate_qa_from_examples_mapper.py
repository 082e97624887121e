"""Let a chat model write a new question and answer after examples, for each row."""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
import regex

from bettersynth.data.samples.batch import Batch
from bettersynth.errors import UserError
from bettersynth.measuring.chat_answers import VERSION, CachedChat, Question
from bettersynth.measuring.chat_asking import ChatSettings
from bettersynth.measuring.chat_writing import Fields
from bettersynth.measuring.protocols import Made
from bettersynth.measuring.text.chat_examples import Turns, read_conversations
from bettersynth.measuring.text.chat_pairs import FORM, require_groups, require_template
from bettersynth.measuring.text.rouge import rouge_l
from bettersynth.measuring.text.user_patterns import compile_pattern, find_all

__all__ = ["READS", "VERSION", "Settings", "open_maker", "require_complete"]
READS = ("fields",)
WHERE = "generate_qa_from_examples_mapper"
PAIR_TEMPLATE = "【问题】\n{}\n【回答】\n{}\n"
EXAMPLE_TEMPLATE = "Example:\n{}\n"
OUTPUT_PATTERN = r"【问题】(.*?)【回答】(.*?)(?=【问题】|$)"
TOLD = (
    "You write data that a language model will be trained on. You are given examples of questions "
    "with their answers. Write a new question, of any topic but of the same form, with its right "
    "answer; if the examples have several turns, so may yours. Repeat no example. " + FORM
)


@dataclass(frozen=True)
class Settings(ChatSettings):
    """`seed_file` holds conversations, of which each row is shown `example_num`.

    What is as like to one of them as `similarity_threshold` (ROUGE-L, 0 to 1) stays, what is more
    so is set aside. `input_template` and `example_template` have one place, `qa_pair_template` two;
    `output_pattern` two groups, for question and answer. They go into the fields `query_key` and
    `response_key`, earlier turns into `history_key`. `hf_model` is the model's name at the
    endpoint.
    """

    BOUNDS: ClassVar = {"example_num": (1, 1_000), "similarity_threshold": (0, 1)}

    hf_model: str = "Qwen/Qwen2.5-7B-Instruct"
    seed_file: str = ""
    example_num: int = 3
    similarity_threshold: float = 0.7
    system_prompt: str | None = None
    input_template: str | None = None
    example_template: str | None = None
    qa_pair_template: str | None = None
    output_pattern: str | None = None
    enable_vllm: Literal[False] = False
    query_key: str = "query"
    response_key: str = "response"
    history_key: str = "history"
    keep_original_sample: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        require_template("input_template", self.input_template, 1)
        require_template("example_template", self.example_template, 1)
        require_template("qa_pair_template", self.qa_pair_template, 2)
        require_groups(self.output_pattern or OUTPUT_PATTERN, (2, 2))


def require_complete(settings: Settings) -> None:
    """Pass if there are as many conversations as a row is shown.

    Raises:
        UserError: there are fewer, or the file holds something else.
    """
    _conversations(settings)


def _conversations(settings: Settings) -> list[Turns]:
    if not settings.seed_file:
        raise UserError(f"{WHERE} lacks the setting seed_file, a .jsonl file of conversations")
    conversations = read_conversations(Path(settings.seed_file))
    if len(conversations) < settings.example_num:
        raise UserError(
            f"{WHERE}: {settings.seed_file} holds {len(conversations)} conversations, fewer than "
            f"example_num {settings.example_num}; add some, or lower it"
        )
    return conversations


def open_maker(settings: Settings, folder: Path) -> Maker:
    """Return what asks for pairs during one run; nothing is written into `folder`."""
    chat = settings.open_chat(settings.hf_model, WHERE)
    return Maker(settings, chat, _conversations(settings))


class Maker:
    """Asks for one pair, or one conversation, for each row of one batch after the other."""

    def __init__(self, settings: Settings, chat: CachedChat, conversations: list[Turns]):
        self.settings = settings
        self.chat = chat
        self.conversations = conversations
        self.matcher = compile_pattern(
            settings.output_pattern or OUTPUT_PATTERN, flags=regex.DOTALL
        )

    def make(self, batch: Batch) -> tuple[list[list[Made]], dict[int, str]]:
        """Return each row with the fields of its pair.

        Beside them, the reasons of rows whose answer cannot be read or is too like an example.
        """
        told = self.settings.system_prompt or TOLD
        shown = [self.examples_of(row) for row in batch.rows]
        questions: list[Question] = []
        for row, examples in zip(batch.rows, shown, strict=True):
            # by the row's own number too: few examples are the same for many rows
            questions.append(Question(told, self.asked_with(examples), _number(row)))
        answers, reasons = self.chat.ask(questions)
        made: list[list[Made]] = []
        bad: dict[int, str] = {}
        for position, question in enumerate(questions):
            new: list[Made] = []
            if question in reasons:
                bad[position] = reasons[question]
            else:
                try:
                    fields = self.read(answers[question], shown[position])
                    text, images = batch.texts[position], list(batch.images[position])
                    new.append(Made(text, images, fields=fields))
                except ValueError as error:
                    bad[position] = str(error)
            made.append(new)
        return made, bad

    def examples_of(self, row: dict[str, Any]) -> list[Turns]:
        """Return the conversations that are shown for a row: drawn by the seed and the row."""
        rng = np.random.default_rng([self.settings.seed, _number(row)])
        drawn = rng.choice(len(self.conversations), self.settings.example_num, replace=False)
        return [self.conversations[place] for place in drawn]

    def asked_with(self, examples: list[Turns]) -> str:
        """Return the words that are asked with these examples."""
        settings = self.settings
        parts: list[str] = []
        for turns in examples:
            pairs = [(settings.qa_pair_template or PAIR_TEMPLATE).format(*pair) for pair in turns]
            parts.append((settings.example_template or EXAMPLE_TEMPLATE).format("".join(pairs)))
        return (settings.input_template or "{}").format("".join(parts))

    def read(self, answer: str, examples: list[Turns]) -> Fields:
        """Return the fields of an answer.

        Raises:
            ValueError: there is no pair in it, or it is too like one of the examples.
        """
        turns: Turns = []
        for match in find_all(self.matcher, answer):
            # a group that took no part is None
            turns.append(((match[1] or "").strip(), (match[2] or "").strip()))
        if not turns:
            raise ValueError("output_pattern finds no question and answer")
        likeness = max(rouge_l(_as_text(turns), _as_text(example)) for example in examples)
        if likeness > self.settings.similarity_threshold:
            raise ValueError(f"its ROUGE-L with an example is {likeness:.2f}, above the threshold")
        query, response = turns[-1]
        return {
            self.settings.query_key: query,
            self.settings.response_key: response,
            self.settings.history_key: [list(pair) for pair in turns[:-1]],
        }

    def close(self) -> None:
        """Nothing is held but the score cache, which is written as answers come."""


def _number(row: dict[str, Any]) -> int:
    """Return a number of the row's content, wherever it stands and whatever was measured of it."""
    own = {key: value for key, value in row.items() if not key.startswith("__dj__")}
    return zlib.crc32(json.dumps(own, sort_keys=True).encode())


def _as_text(turns: Turns) -> str:
    return "\n".join("\n".join(pair) for pair in turns) + "\n"
