"""Finding the benchmarks' questions and answers in training texts, as whole words in order."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

Words = tuple[str, ...]
# a question of fewer words ("What is this?") says nothing
LEAST_QUESTION_WORDS = 4


def words_of(text: str) -> Words:
    """Return the words of a text in lower case, without marks."""
    return tuple(re.findall(r"\w+", text.lower()))


class Phrases:
    """Phrases to look for, each with what it is said about; of equal ones the first counts."""

    def __init__(self) -> None:
        self.about: dict[Words, tuple[str, str]] = {}
        # few lengths are looked up at each place of a text
        self.lengths: set[int] = set()

    def add(self, text: str, benchmark: str, item: str) -> None:
        """Add a phrase; one without words is left out."""
        words = words_of(text)
        if words:
            self.about.setdefault(words, (benchmark, item))
            self.lengths.add(len(words))

    def found_in(self, text: str) -> Iterator[tuple[str, str, str]]:
        """Yield (benchmark, item, words) of each phrase in a text, once, in order of place."""
        words = words_of(text)
        seen: set[Words] = set()
        for start in range(len(words)):
            for length in sorted(self.lengths):
                phrase = words[start : start + length]
                if len(phrase) < length:
                    break
                if phrase in self.about and phrase not in seen:
                    seen.add(phrase)
                    yield (*self.about[phrase], " ".join(phrase))


def question_phrases(questions: Sequence[tuple[str, str, str]]) -> Phrases:
    """Return the (text, benchmark, item) of `questions` that tell of one picture.

    A question that several pictures are asked is a wording, which training texts may share; so is
    one of fewer than four words.
    """
    times: dict[Words, int] = {}
    for text, _, _ in questions:
        words = words_of(text)
        times[words] = times.get(words, 0) + 1
    phrases = Phrases()
    for text, benchmark, item in questions:
        words = words_of(text)
        if times[words] == 1 and len(words) >= LEAST_QUESTION_WORDS:
            phrases.add(text, benchmark, item)
    return phrases


def answer_phrases(answers: Sequence[tuple[str, str, str]]) -> Phrases:
    """Return the (text, benchmark, item) of `answers` as phrases."""
    phrases = Phrases()
    for text, benchmark, item in answers:
        phrases.add(text, benchmark, item)
    return phrases
