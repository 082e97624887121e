"""Let a chat model write better prompts after the one of a row, each after those before it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

import regex

from bettersynth.data.samples.batch import Batch
from bettersynth.errors import UserError
from bettersynth.measuring.chat_answers import VERSION, CachedChat
from bettersynth.measuring.chat_asking import ChatSettings, answered
from bettersynth.measuring.chat_writing import field_of, words_in
from bettersynth.measuring.protocols import Made
from bettersynth.measuring.text.chat_pairs import require_template
from bettersynth.measuring.text.user_patterns import compile_pattern, find_all

__all__ = ["READS", "VERSION", "Settings", "keys_read", "open_maker"]
READS = ("fields",)
WHERE = "optimize_prompt_mapper"
PROMPT_TEMPLATE = "【提示词】\n{}\n"
EXAMPLE_TEMPLATE = "Example:\n{}\n"
OUTPUT_PATTERN = r"【提示词】(.*?)(?=【|$)"
TOLD = (
    "You improve prompts. You are given some, each better than those before it. Write one that "
    "makes a model do the same task better: keep their form, change words and particulars only, "
    "and repeat none. Answer in this form and with nothing else:\n"
    + PROMPT_TEMPLATE.format("the new prompt")
)


@dataclass(frozen=True)
class Settings(ChatSettings):
    """`gen_num` new prompts of each row's field `prompt_key`, each after the last
    `max_example_num` of those there are by then.

    The model is asked `retry_num` times at most until `output_pattern`, whose group is the prompt,
    finds one. `input_template`, `example_template` and `prompt_template` have one place each.
    """

    BOUNDS: ClassVar = {
        "gen_num": (1, 1_000),
        "max_example_num": (1, 1_000),
        "retry_num": (1, 1_000),
    }

    api_or_hf_model: str = "Qwen/Qwen2.5-7B-Instruct"
    gen_num: int = 3
    max_example_num: int = 3
    keep_original_sample: bool = True
    retry_num: int = 3
    system_prompt: str | None = None
    input_template: str | None = None
    example_template: str | None = None
    prompt_template: str | None = None
    output_pattern: str | None = None
    enable_vllm: Literal[False] = False
    is_hf_model: Literal[False] = False
    prompt_key: str = "prompt"

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("input_template", "example_template", "prompt_template"):
            require_template(name, getattr(self, name), 1)
        pattern = self.output_pattern or OUTPUT_PATTERN
        if compile_pattern(pattern, "output_pattern").groups != 1:
            raise UserError(f"output_pattern {pattern!r} must have one group, for the new prompt")


def keys_read(settings: Settings) -> list[str]:
    """Return the key of the field that is read."""
    return [settings.prompt_key]


def open_maker(settings: Settings, folder: Path) -> Maker:
    """Return what asks for prompts during one run; nothing is written into `folder`."""
    return Maker(settings, settings.open_chat(settings.api_or_hf_model, WHERE))


class Maker:
    """Asks about the rows of one batch after the other, each by itself."""

    def __init__(self, settings: Settings, chat: CachedChat):
        self.settings = settings
        self.chat = chat
        self.matcher = compile_pattern(
            settings.output_pattern or OUTPUT_PATTERN, flags=regex.DOTALL
        )

    def make(self, batch: Batch) -> tuple[list[list[Made]], dict[int, str]]:
        """Return a new sample of each new prompt.

        Beside them, the reasons of rows without a prompt, or of which no new one is made.
        """
        settings = self.settings
        made: list[list[Made]] = [[] for _ in range(len(batch))]
        examples: dict[int, list[str]] = {}
        bad: dict[int, str] = {}
        for position in range(len(batch)):
            try:
                examples[position] = [field_of(batch, position, settings.prompt_key)]
            except ValueError as error:
                bad[position] = str(error)
        # all rows at once, one prompt after the other: each is an example of the next
        for _ in range(settings.gen_num):
            words = {position: self.asked_with(examples[position]) for position in examples}
            told = settings.system_prompt or TOLD
            answers, reasons = answered(
                self.chat, told, list(words.values()), self.read, settings.retry_num
            )
            for position, asked in words.items():
                if asked not in answers:
                    # the same words would get the same answers again
                    reason = reasons[asked]
                    if not made[position]:
                        bad[position] = f"no prompt in {settings.retry_num} answers: {reason}"
                    del examples[position]
                    continue
                prompt = answers[asked]
                own = [*examples[position], prompt]
                examples[position] = own[-settings.max_example_num :]
                made[position].append(self._made(batch, position, prompt))
        return made, bad

    def _made(self, batch: Batch, position: int, prompt: str) -> Made:
        fields: dict[str, Any] = {self.settings.prompt_key: prompt}
        return Made(batch.texts[position], list(batch.images[position]), fields=fields)

    def asked_with(self, prompts: list[str]) -> str:
        """Return the words that are asked with these examples."""
        settings = self.settings
        parts: list[str] = []
        for prompt in prompts:
            filled = (settings.prompt_template or PROMPT_TEMPLATE).format(prompt)
            parts.append((settings.example_template or EXAMPLE_TEMPLATE).format(filled))
        return (settings.input_template or "{}").format("".join(parts))

    def read(self, answer: str) -> str:
        """Return the first prompt in an answer.

        Raises:
            ValueError: there is none.
        """
        matches = find_all(self.matcher, answer)
        if not matches:
            raise ValueError("output_pattern finds no prompt")
        return words_in(matches[0][1] or "")

    def close(self) -> None:
        """Nothing is held but the score cache, which is written as answers come."""
