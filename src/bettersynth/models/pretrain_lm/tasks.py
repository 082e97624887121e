"""Text tasks with a simulated picture: 16 positions in front of the question hold a noisy soft bag of words.

A projector that is trained later has to map an image near the embeddings of the words that name it; the decoder learns here to read such a
mixture: to name it, to choose an option's letter by it, and to find a sign's word in the OCR tokens by the sign's place or colour.
Sequence: `<bos><start_of_turn>user\\n[16 slots]\\n{question}<end_of_turn>\\n<start_of_turn>model\\n{answer}<end_of_turn>\\n<eos>`.
"""

from __future__ import annotations

import random
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from transformers import PreTrainedTokenizerFast

from bettersynth.data.questions import prompts as questions
from bettersynth.data.questions.signs import sign_words
from bettersynth.models.pretrain_lm.corpus import WORD, Concept, Corpus
from bettersynth.models.pretrain_lm.words import STOP_WORDS

SLOTS = 16  # a 4x4 grid, row-major
SIDE = 4
BLEND = 4  # words in one slot at most
FIRST_SLOT = 4  # <bos> <start_of_turn> user \n

DRILL_GAP = 0.5  # share of the drills with a newline between word and letter, as between a question and its answer
HOLD_OUT_ONE_IN = 20  # concepts, by crc32 of the label
CAPTION_TEMPLATES = (
    "{}",
    "{}",
    "{}",
    "a drawing of {}",
    "a picture of {}",
)  # how captions name a concept
_VARIANT = re.compile(
    r"^(?:man|woman|men|women)\b.|: |^(?:deaf|old|pregnant) (?:man|woman)"
)  # one thing in many forms: no concept

Tokens = tuple[int, ...]


@dataclass
class Row:
    """One training row. `slot_ids`/`slot_weights` `[16, 4]`: each slot is the weighted sum of word embeddings (weight 0: nothing).

    A row without slots is plain text. `answers` are the supervised positions of `ids`; the first `told` of them carry content.
    """

    ids: list[int]
    answers: list[int]
    told: int
    slot_ids: list[Sequence[int]]
    slot_weights: list[Sequence[float]]
    noise: float  # standard deviation relative to the root mean square of the embeddings
    kind: str
    listed: Tokens = ()  # first tokens a guesser may pick from (letters, or the listed OCR words)


@dataclass(frozen=True)
class Mixture:
    """How hard the simulated pictures are and how often each task comes, at one point of training."""

    shares: dict[str, float] = field(
        default_factory=lambda: {"describe": 0.3, "letters": 0.45, "signs": 0.25}
    )
    multi_word: float = 1.0  # share of rows whose concepts may have several words
    noise: float = 1.5  # largest noise of the noisy rows
    clean: float = 0.3  # share of rows without noise
    clutter: float = 1.0  # scale of distractor words, empty slots and blends
    max_signs: int = 3
    color: float = 0.55  # share of sign rows that ask by colour
    plain_colors: bool = False  # the three colour tasks see clean slots, whatever the others see


class TaskSampler:
    """Draws rows. Held-out concepts are drawn only where `held_out` is true."""

    def __init__(
        self, corpus: Corpus, tokenizer: PreTrainedTokenizerFast, seed: int, held_out: bool = False
    ) -> None:
        self.random = random.Random(
            int(np.random.default_rng([seed, zlib.crc32(b"tasks")]).integers(2**62))
        )
        self._tokenizer = tokenizer
        self._cache: dict[str, Tokens] = {}
        every = [c for c in corpus.concepts if c.group != "flags" and not _VARIANT.search(c.label)]
        self.trained_concepts = trained = [
            c for c in every if zlib.crc32(c.label.encode()) % HOLD_OUT_ONE_IN
        ]
        self.concepts = [c for c in every if c not in trained] if held_out else trained
        self._one_word = [c for c in self.concepts if len(self.encode(c.label)) == 1]
        self._distractors = every if held_out else trained
        singles = {w for c in every for w in WORD.findall(c.label)} | {
            w for c in every for t in c.tags for w in WORD.findall(t)
        }
        singles |= {w for s in corpus.sentences for w in WORD.findall(s)} | {
            w for c in corpus.clipart for w in WORD.findall(c.label)
        }
        self.words = sorted(
            w
            for w in singles
            if len(w) > 1 and w.lower() not in STOP_WORDS and len(self.encode(w)) == 1
        )
        self._word_ids = [self.encode(w)[0] for w in self.words]
        self._captions = [
            (s, self._content(s)) for s in corpus.sentences if len(self.encode(s)) <= 24
        ]
        self._captions += [
            (c.label, self._content(c.label) + self._content(" ".join(c.tags[:3])))
            for c in corpus.clipart
        ]
        self._head = self.encode("<bos><start_of_turn>user\n")
        self._turn = self.encode("<end_of_turn>\n<start_of_turn>model\n")
        self._end = self.encode("<end_of_turn>\n<eos>")
        self._colors = {c: self.encode(c)[0] for c in questions.SIGN_COLORS}
        self.letter_ids = [self.encode(letter)[0] for letter in "ABCD"]
        self._sign = self.encode("sign")[0]

    def encode(self, text: str) -> Tokens:
        if text not in self._cache:
            self._cache[text] = tuple(self._tokenizer(text, add_special_tokens=False)["input_ids"])
        return self._cache[text]

    def _content(self, text: str) -> Tokens:
        return (
            tuple(
                t for w in WORD.findall(text) if w.lower() not in STOP_WORDS for t in self.encode(w)
            )
            or self.encode(text)[:1]
        )

    def row(self, mixture: Mixture) -> Row:
        kinds = list(mixture.shares)
        kind = self.random.choices(kinds, [mixture.shares[k] for k in kinds])[0]
        if kind == "drill":
            return self.drill()
        if kind in ("color", "color_chain", "color_pairs"):
            board = replace(mixture, clean=1.0, clutter=0.0) if mixture.plain_colors else mixture
            count = self.random.choice((2, 3, 3)) if mixture.max_signs == 3 else 2
            return (
                self.signs(board, "color", count)
                if kind == "color"
                else self.color_pairs(board, count, told=kind == "color_chain")
            )
        return {
            "describe": self.describe,
            "letters": self.letters,
            "signs": self.signs,
            "color_drill": self.color_drill,
        }[kind](mixture)

    def describe(self, mixture: Mixture) -> Row:
        """A caption from the words of it: emoji names, sentences, clip-art titles, and random words (so that no word is unknown)."""
        r = self.random
        draw, question = r.random(), r.choice(questions.DESCRIBE_QUESTIONS)
        if draw < 0.45:
            concept = r.choice(self.concepts)
            text, content = concept.label, self._content(concept.label)
            if concept.tags and r.random() < 0.25 * mixture.clutter:
                content += self._content(r.choice(concept.tags))[:2]
            if r.random() < 0.5:
                question = questions.CONCEPT_QUESTION
            else:
                text = r.choice(CAPTION_TEMPLATES).format(text)
        elif draw < 0.65 and self._captions:
            text, content = r.choice(self._captions)
        else:
            text = " ".join(self._random_words(1 if r.random() < 0.6 else r.randint(1, 3)))
            content = self._content(text)
            question = questions.CONCEPT_QUESTION if r.random() < 0.5 else question
        return self._assemble(question, text, self._bag(content, mixture), mixture, "describe")

    def concept_name(self, concept: Concept, mixture: Mixture) -> Row:
        """The concept's name from its own words: the free answer to the concept question."""
        picture = self._bag(self._content(concept.label), mixture)
        return self._assemble(questions.CONCEPT_QUESTION, concept.label, picture, mixture, "naming")

    def letters(self, mixture: Mixture, options: int = 0) -> Row:
        """Multiple choice: emoji names (distractors random or of one group) or random words; the right place is uniform."""
        r = self.random
        count, multi = options or r.choice((2, 3, 4, 4)), r.random() < mixture.multi_word
        draw, names = r.random(), []
        if draw < 0.7 and (targets := self.concepts if multi else self._one_word):
            names = self._with_distractors(
                r.choice(targets), count, same_group=draw < 0.35, one_word=not multi
            )
        if len(names) < count:
            drawn = iter(self._random_words(3 * count))
            names = [
                " ".join(next(drawn) for _ in range(r.choice((1, 1, 2, 3)) if multi else 1))
                for _ in range(count)
            ]
        place = r.randrange(count)
        picture = self._bag(self._content(names[0]), mixture)
        names[0], names[place] = names[place], names[0]
        prompt = questions.multiple_choice_prompt(questions.CONCEPT_QUESTION, names)
        listed = tuple(self.encode(letter)[0] for letter in "ABCD"[:count])
        return self._assemble(prompt, "ABCD"[place], picture, mixture, "letters", listed)

    def drill(self) -> Row:
        """Options, then several words, each with its letter as the answer: binds words to letters at a fifth of the cost of a full row."""
        r = self.random
        words = [self.encode(w)[0] for w in self._random_words(r.choice((2, 3, 4, 4)))]
        line, letters = self.encode("\n"), self.letter_ids
        ids = [
            self._head[0],
            *(
                t
                for letter, word in zip("ABCD", words, strict=False)
                for t in (*self.encode(f"{letter}."), word, *line)
            ),
        ]
        answers, gap = [], line if r.random() < DRILL_GAP else ()
        for place in (r.randrange(len(words)) for _ in range(6)):
            ids += [words[place], *gap, letters[place]]
            answers.append(len(ids) - 1)
        return Row(ids, answers, len(answers), [], [], 0.0, "drill", tuple(letters[: len(words)]))

    def _with_distractors(
        self, target: Concept, count: int, same_group: bool, one_word: bool
    ) -> list[str]:
        """The target's label, then `count - 1` other labels in random order; fewer where there are too few such labels."""
        found, tries = [target.label], 0
        while len(found) < count and (tries := tries + 1) < 300:
            other = self.random.choice(self._distractors)
            fits = (not same_group or other.group == target.group) and (
                not one_word or len(self.encode(other.label)) == 1
            )
            if fits and other.label not in found:
                found.append(other.label)
        return found

    def signs(self, mixture: Mixture, kind: str = "", count: int = 0) -> Row:
        """A board of one to three signs: the OCR tokens top to bottom, the slots of a height band carry the sign's colour."""
        r = self.random
        count = count or r.randint(1, mixture.max_signs)
        if not kind:
            kind = (
                "color"
                if r.random() < mixture.color
                else "only"
                if count == 1
                else r.choice(("top", "bottom"))
            )
        words, colors = self._words_and_colors(count)
        asked = {"only": 0, "top": 0, "bottom": count - 1, "color": r.randrange(count)}[kind]
        question = questions.SIGN_QUESTIONS[kind].format(color=colors[asked])
        prompt = questions.text_prompt(question, words)
        listed = tuple(self.encode(w)[0] for w in words)
        return self._assemble(
            prompt, words[asked], self._board(colors, mixture), mixture, f"sign-{kind}", listed
        )

    def color_drill(self, mixture: Mixture) -> Row:
        """The colour question, then every sign's word behind its colour, or every colour behind its word: binds words to height bands."""
        r = self.random
        count = r.randint(2, max(2, mixture.max_signs))
        words, colors = self._words_and_colors(count, plain=True)
        prompt = questions.text_prompt(
            questions.SIGN_QUESTIONS["color"].format(color=r.choice(colors)), words
        )
        row = self._assemble(
            prompt,
            "",
            self._board(colors, mixture),
            mixture,
            "color-drill",
            tuple(self.encode(w)[0] for w in words),
        )
        row.ids, row.answers = row.ids[: row.answers[0] - len(self._turn) + 1], []
        pairs = [(self._colors[c], self.encode(w)[0]) for c, w in zip(colors, words, strict=True)]
        flip = r.random() < 0.5
        for pair in r.sample(pairs, count):
            row.ids += reversed(pair) if flip else pair
            row.answers.append(len(row.ids) - 1)
        row.told = count
        return row

    def color_pairs(self, mixture: Mixture, count: int, told: bool) -> Row:
        """The colour question, answered for each sign in random order: its colour, where `told` the letter of its place (A is the top
        one), and its word. Colour to place to word is learned in seconds; leaving the place out then teaches both hops in one."""
        words, colors = self._words_and_colors(count, plain=True)
        prompt = questions.text_prompt(
            questions.SIGN_QUESTIONS["color"].format(color=self.random.choice(colors)), words
        )
        kind = "color-chain" if told else "color-pairs"
        row = self._assemble(
            prompt,
            "",
            self._board(colors, mixture),
            mixture,
            kind,
            tuple(self.encode(w)[0] for w in words),
        )
        row.ids, row.answers = row.ids[: row.answers[0]], []
        for place in self.random.sample(range(count), count):
            row.ids.append(self._colors[colors[place]])
            for answer in (
                *((self.letter_ids[place],) if told else ()),
                self.encode(words[place])[0],
            ):
                row.ids.append(answer)
                row.answers.append(len(row.ids) - 1)
        row.told = len(row.answers)
        return row

    def _words_and_colors(self, count: int, plain: bool = False) -> tuple[list[str], list[str]]:
        r = self.random
        case = r.choice((str.lower, str.lower, str.lower, str.lower, str.upper, str.title))
        words = [case(w) for w in r.sample(sign_words(), count)]
        if not plain and r.random() < 0.1:
            words[r.randrange(count)] = r.choice(self.words)
        return words, r.sample(questions.SIGN_COLORS, count)

    def _random_words(self, count: int) -> list[str]:
        return self.random.sample(self.words, count)

    def _board(self, colors: Sequence[str], mixture: Mixture) -> tuple[list, list]:
        """Slots of a sign board: row k of the grid holds the colours of the signs in its height band, by their share of it."""
        r = self.random
        ids, weights = [], []
        heights = [1.0 + 0.6 * mixture.clutter * r.random() for _ in colors]
        edges = [SIDE * sum(heights[:k]) / sum(heights) for k in range(len(colors) + 1)]
        for slot in range(SLOTS):
            top = slot // SIDE
            shares = [
                max(0.0, min(top + 1, edges[k + 1]) - max(top, edges[k]))
                for k in range(len(colors))
            ]
            strength = 1.0 - 0.5 * mixture.clutter * r.random()
            row_ids = [self._colors[c] for c in colors][:BLEND]
            row_weights = [strength * s for s in shares][:BLEND]
            if len(row_ids) < BLEND:
                row_ids.append(self._sign if r.random() < 0.7 else r.choice(self._word_ids))
                row_weights.append(1.0 - strength)
            ids.append(row_ids + [0] * (BLEND - len(row_ids)))
            weights.append(row_weights + [0.0] * (BLEND - len(row_weights)))
        return ids, weights

    def _bag(self, content: Tokens, mixture: Mixture) -> tuple[list, list]:
        """Slots that hold `content`: one word each, or every slot a blend of all; some empty, some a distractor word."""
        r, words = self.random, self._word_ids
        content = content if len(content) <= SLOTS else tuple(r.sample(content, SLOTS))
        blended = r.random() < 0.3 * mixture.clutter
        empty, distract = r.random() * 0.4 * mixture.clutter, r.random() * 0.3 * mixture.clutter
        mixed = r.random() * mixture.clutter
        mains = [content[k % len(content)] for k in range(SLOTS)]
        kept = [k < len(content) for k in range(SLOTS)]
        order = list(range(SLOTS))
        r.shuffle(order)
        ids, weights = [], []
        for k in order:
            if not kept[k] and r.random() < empty:
                slot, weight = [], []
            elif not kept[k] and r.random() < distract:
                slot, weight = [r.choice(words)], [1.0]
            elif blended:
                slot = [*r.sample(content, min(len(content), BLEND - 1)), r.choice(words)]
                weight = [r.random() + 0.1 for _ in slot[:-1]] + [0.5 * r.random()]
                total = sum(weight)
                weight = [w / total for w in weight]
            elif r.random() < mixed:
                share = 0.5 + 0.5 * r.random()
                slot, weight = (
                    [mains[k], r.choice(content if r.random() < 0.5 else words)],
                    [share, 1 - share],
                )
            else:
                slot, weight = [mains[k]], [1.0]
            ids.append(slot + [0] * (BLEND - len(slot)))
            weights.append(weight + [0.0] * (BLEND - len(weight)))
        return ids, weights

    def _assemble(
        self,
        prompt: str,
        answer: str,
        picture: tuple[list, list],
        mixture: Mixture,
        kind: str,
        listed: Tokens = (),
    ) -> Row:
        r = self.random
        lines = [
            t
            for k, line in enumerate(prompt.split("\n"))
            for t in (*(self.encode("\n") if k else ()), *self.encode(line))
        ]
        ids = [*self._head, *[0] * SLOTS, *self.encode("\n"), *lines, *self._turn]
        start = len(ids)
        ids += [*self.encode(answer), *self._end]
        told = len(ids) - start - len(self._end)
        noise = 0.0 if r.random() < mixture.clean else r.random() * mixture.noise
        return Row(
            ids, list(range(start, len(ids))), told, picture[0], picture[1], noise, kind, listed
        )


def bucketed_batches(rows: list[Row], size: int, rng: random.Random) -> list[list[Row]]:
    """Cut the rows into batches of near-equal length, those with and without a picture apart, in random order."""
    batches = []
    for part in ([row for row in rows if row.slot_ids], [row for row in rows if not row.slot_ids]):
        part.sort(key=lambda row: len(row.ids))
        batches += [part[k : k + size] for k in range(0, len(part), size)]
    rng.shuffle(batches)
    return batches
