"""Fields of samples as a chat model writes them: what is asked, and new samples of the answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bettersynth.data.samples.batch import Batch
from bettersynth.measuring.chat_answers import CachedChat
from bettersynth.measuring.chat_asking import answered
from bettersynth.measuring.protocols import Made

Fields = Mapping[str, Any]


@dataclass(frozen=True)
class FieldWriter:
    """Asks `chat` about the samples of one batch after the other, under the system prompt `told`.

    `words_of(batch, position)` are the words that are asked; `read(answer)` returns the fields that
    are new, a mapping for each new sample. Both raise ValueError where there is nothing to ask or
    to read.
    """

    chat: CachedChat
    told: str
    tries: int
    words_of: Callable[[Batch, int], str]
    read: Callable[[str], Sequence[Fields]]

    def make(self, batch: Batch) -> tuple[list[list[Made]], dict[int, str]]:
        """Return each sample with the fields of its answer.

        Beside them, the reasons of samples that cannot be asked about, or without an answer.
        """
        asked: dict[int, str] = {}
        bad: dict[int, str] = {}
        for position in range(len(batch)):
            try:
                asked[position] = self.words_of(batch, position)
            except ValueError as error:
                bad[position] = str(error)
        words = list(asked.values())
        answers, reasons = answered(self.chat, self.told, words, self.read, self.tries)
        made: list[list[Made]] = []
        for position in range(len(batch)):
            new: list[Made] = []
            if position in asked and asked[position] in answers:
                text, images = batch.texts[position], list(batch.images[position])
                for fields in answers[asked[position]]:
                    new.append(Made(text, images, fields=fields))
            elif position in asked:
                reason = reasons[asked[position]]
                bad[position] = f"nothing to read in {self.tries} answers: {reason}"
            made.append(new)
        return made, bad

    def close(self) -> None:
        """Nothing is held but the score cache, which is written as answers come."""


def text_of(batch: Batch, position: int) -> str:
    """Return the words of a sample, without special tokens.

    Raises:
        ValueError: there are none.
    """
    words = batch.tokens.strip(batch.texts[position])
    if not words:
        raise ValueError("the text has no words")
    return words


def field_of(batch: Batch, position: int, key: str) -> str:
    """Return the text of a field, without special tokens.

    Raises:
        ValueError: the sample has no text there.
    """
    value = batch.rows[position].get(key)
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{key} is {value!r}, no text")
    return batch.tokens.strip(value)


def words_in(answer: str) -> str:
    """Return an answer without white space around it.

    Raises:
        ValueError: nothing is left.
    """
    words = answer.strip()
    if not words:
        raise ValueError("the answer is empty")
    return words
