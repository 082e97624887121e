"""Let a chat model write a sentence anew, into another field of the sample."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from bettersynth.data.samples.batch import Batch
from bettersynth.errors import UserError
from bettersynth.measuring.chat_answers import VERSION
from bettersynth.measuring.chat_asking import ChatSettings
from bettersynth.measuring.chat_writing import Fields, FieldWriter, text_of, words_in

__all__ = ["READS", "VERSION", "Settings", "open_maker", "require_complete"]
READS = ("text",)
WHERE = "sentence_augmentation_mapper"
TOLD = "You write sentences anew, as you are asked to, and nothing beside them."
# one: a model's mistakes cannot be told from its answers here
TRIES = 1


@dataclass(frozen=True)
class Settings:
    """`task_sentence` says what becomes of the sentence, which is the sample's text; the answer
    goes into the field `text_key_second`.

    `hf_model` is the model's name at the endpoint; `model_params`, `settings` and `seed` as those
    of `ChatSettings`.
    """

    hf_model: str = "Qwen/Qwen2-7B-Instruct"
    system_prompt: str | None = None
    task_sentence: str | None = None
    max_new_tokens: int = 256
    temperature: float = 0.2
    top_p: float | None = None
    num_beams: Literal[1] = 1
    text_key_second: str | None = None
    model_params: dict[str, Any] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    seed: int = 0
    keep_original_sample: bool = False

    def __post_init__(self) -> None:
        # what is wrong is told before the first row
        self.of_chat()

    def of_chat(self) -> ChatSettings:
        """Return the settings of the endpoint; of other operators they are settings themselves."""
        sampling = {
            "max_tokens": self.max_new_tokens,
            "temperature": self.temperature,
            "top_p": self.top_p,
        }
        return ChatSettings(self.model_params, sampling, self.settings, self.seed)


def require_complete(settings: Settings) -> None:
    """Pass if the task and the field of the answer are named.

    Raises:
        UserError: one is not.
    """
    for setting in ("task_sentence", "text_key_second"):
        if not getattr(settings, setting):
            raise UserError(f"{WHERE} lacks the setting {setting}")


def open_maker(settings: Settings, folder: Path) -> FieldWriter:
    """Return what asks about sentences during one run; nothing is written into `folder`."""
    chat = settings.of_chat().open_chat(settings.hf_model, WHERE)

    def words(batch: Batch, position: int) -> str:
        return f'Here is a sentence: "{text_of(batch, position)}". {settings.task_sentence}'

    def read(answer: str) -> Sequence[Fields]:
        return [{str(settings.text_key_second): words_in(answer.strip().strip('"'))}]

    return FieldWriter(chat, settings.system_prompt or TOLD, TRIES, words, read)
