"""What the tasks may speak of: concepts, captions and words, as texts and as tokens."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Sequence

from transformers import PreTrainedTokenizerFast

from bettersynth.data.questions import prompts as questions
from bettersynth.models.pretrain_lm.corpus import WORD, Concept, Corpus
from bettersynth.models.pretrain_lm.rows import SLOTS, Tokens
from bettersynth.models.pretrain_lm.words import STOP_WORDS

# concepts, by crc32 of the label
HOLD_OUT_ONE_IN = 20
LONGEST_CAPTION = 24  # tokens
# of a clip-art title's tags
TAGS_IN_CONTENT = 3
# one thing in many forms is no concept: "man: beard", "deaf woman", ...
_VARIANT = re.compile(r"^(?:man|woman|men|women)\b.|: |^(?:deaf|old|pregnant) (?:man|woman)")


class Lexicon:
    """Concepts, captions and words of a corpus, with their tokens.

    `concepts` are those that are held out where `held_out` is true, else those that training sees;
    `trained_concepts` are the latter in either case.
    """

    def __init__(self, corpus: Corpus, tokenizer: PreTrainedTokenizerFast, held_out: bool) -> None:
        self._tokenizer = tokenizer
        self._known: dict[str, Tokens] = {}
        every = [concept for concept in corpus.concepts if _is_concept(concept)]
        self.trained_concepts = [concept for concept in every if not _is_held_out(concept)]
        self.concepts = self.trained_concepts
        self.distractors = self.trained_concepts
        if held_out:
            self.concepts = [concept for concept in every if _is_held_out(concept)]
            # held-out concepts alone would be too few
            self.distractors = every
        self.one_word_concepts = list(filter(self._is_one_word, self.concepts))
        self.words = self._one_token_words(corpus, every)
        self.word_ids = [self.encode(word)[0] for word in self.words]
        self.captions = self._captions(corpus)
        self._encode_fixed_parts()

    def _is_one_word(self, concept: Concept) -> bool:
        return len(self.encode(concept.label)) == 1

    def _encode_fixed_parts(self) -> None:
        self.head = self.encode("<bos><start_of_turn>user\n")
        self.line = self.encode("\n")
        self.turn = self.encode("<end_of_turn>\n<start_of_turn>model\n")
        self.end = self.encode("<end_of_turn>\n<eos>")
        self.color_ids = {color: self.encode(color)[0] for color in questions.SIGN_COLORS}
        self.letter_ids = [self.encode(letter)[0] for letter in "ABCD"]
        self.sign_id = self.encode("sign")[0]

    def encode(self, text: str) -> Tokens:
        """Return the tokens of a text alone."""
        if text not in self._known:
            # BOS would stand in the middle of a row
            ids = self._tokenizer(text, add_special_tokens=False)["input_ids"]
            self._known[text] = tuple(ids)
        return self._known[text]

    def content(self, text: str) -> Tokens:
        """Return the tokens of its words that part of a picture may be called by; never none."""
        tokens: list[int] = []
        for word in WORD.findall(text):
            if word.lower() not in STOP_WORDS:
                tokens += self.encode(word)
        return tuple(tokens) or self.encode(text)[:1]

    def first_tokens(self, words: Sequence[str]) -> Tokens:
        """Return the first token of each word."""
        return tuple(self.encode(word)[0] for word in words)

    def color_tokens(self, colors: Sequence[str]) -> list[int]:
        """Return the token of each colour of a sign."""
        return [self.color_ids[color] for color in colors]

    def conversation(self, prompt: str, answer: str) -> tuple[list[int], int]:
        """Return a row's tokens, 0 in the picture's slots, and where the answer begins."""
        ids = [*self.head, *[0] * SLOTS]
        for line in prompt.split("\n"):
            ids += [*self.line, *self.encode(line)]
        ids += self.turn
        start = len(ids)
        ids += [*self.encode(answer), *self.end]
        return ids, start

    def _one_token_words(self, corpus: Corpus, concepts: list[Concept]) -> list[str]:
        words: set[str] = set()
        for text in _texts(corpus, concepts):
            words.update(WORD.findall(text))
        return sorted(word for word in words if self._is_usable(word))

    def _is_usable(self, word: str) -> bool:
        if len(word) == 1 or word.lower() in STOP_WORDS:
            return False
        return len(self.encode(word)) == 1

    def _captions(self, corpus: Corpus) -> list[tuple[str, Tokens]]:
        """Return captions, each with the tokens of its content."""
        captions = []
        for sentence in corpus.sentences:
            if len(self.encode(sentence)) <= LONGEST_CAPTION:
                captions.append((sentence, self.content(sentence)))
        # titles say little; what stands in the tags may be seen as well
        for title in corpus.clipart:
            tags = " ".join(title.tags[:TAGS_IN_CONTENT])
            captions.append((title.label, self.content(title.label) + self.content(tags)))
        return captions


def _is_concept(concept: Concept) -> bool:
    return concept.group != "flags" and not _VARIANT.search(concept.label)


def _is_held_out(concept: Concept) -> bool:
    # by a hash: a new emoji moves no other concept to the other side
    return zlib.crc32(concept.label.encode()) % HOLD_OUT_ONE_IN == 0


def _texts(corpus: Corpus, concepts: list[Concept]) -> Iterator[str]:
    for concept in concepts:
        yield concept.label
        yield from concept.tags
    yield from corpus.sentences
    for title in corpus.clipart:
        yield title.label
