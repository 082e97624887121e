"""Text tasks with a simulated picture in front of the question: 16 slots of noisy words.

A projector that is trained later has to map an image near the embeddings of the words that name it;
the decoder learns here to read such a mixture: to name it, to choose an option's letter by it, and
to find a sign's word in the OCR tokens by the sign's place or colour. A row reads, with one line
break before the slots and one behind:

    <bos><start_of_turn>user [16 slots] {question}<end_of_turn>
    <start_of_turn>model {answer}<end_of_turn> <eos>

Every draw comes from one `random.Random` in a fixed order: the committed decoder can be trained
again to the same bytes.
"""

from __future__ import annotations

import random
import zlib
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from transformers import PreTrainedTokenizerFast

from bettersynth.data.questions import prompts as questions
from bettersynth.data.questions.sign_words import sign_words
from bettersynth.models.pretrain_lm.corpus import Concept, Corpus
from bettersynth.models.pretrain_lm.lexicon import Lexicon
from bettersynth.models.pretrain_lm.rows import NO_PICTURE, Mixture, Picture, Row, Tokens
from bettersynth.models.pretrain_lm.simulated_pictures import bag_of_words, sign_board

# share of the drills with a newline between word and letter, as between a question and its answer
DRILL_GAP = 0.5
DRILL_ROUNDS = 6
DISTRACTOR_TRIES = 300
# how captions name a concept: its bare name three times in five
CAPTION_TEMPLATES = ("{}", "{}", "{}", "a drawing of {}", "a picture of {}")
# how the words of one board are written: lower case four times in six
SIGN_CASES = (str.lower, str.lower, str.lower, str.lower, str.upper, str.title)


class TaskSampler:
    """Draws rows. Held-out concepts are drawn only where `held_out` is true."""

    def __init__(
        self, corpus: Corpus, tokenizer: PreTrainedTokenizerFast, seed: int, held_out: bool = False
    ) -> None:
        numbers = np.random.default_rng([seed, zlib.crc32(b"tasks")])
        self.random = random.Random(int(numbers.integers(2**62)))
        self.lexicon = Lexicon(corpus, tokenizer, held_out)

    def row(self, mixture: Mixture) -> Row:
        """Return a row of a kind that the mixture's shares choose."""
        kinds = list(mixture.shares)
        kind = self.random.choices(kinds, list(mixture.shares.values()))[0]
        return self.row_of(kind, mixture)

    def row_of(self, kind: str, mixture: Mixture) -> Row:
        """Return a row of a kind that this sampler knows."""
        if kind in ("color", "color_chain", "color_pairs"):
            return self._color_row(kind, mixture)
        if kind == "drill":
            return self.drill()
        tasks = {"describe": self.describe, "letters": self.letters, "signs": self.signs}
        tasks["color_drill"] = self.color_drill
        return tasks[kind](mixture)

    def _color_row(self, kind: str, mixture: Mixture) -> Row:
        if mixture.plain_colors:
            mixture = replace(mixture, clean=1.0, clutter=0.0)
        count = self.random.choice((2, 3, 3)) if mixture.max_signs == 3 else 2
        if kind == "color":
            return self.signs(mixture, "color", count)
        return self.color_pairs(mixture, count, told=kind == "color_chain")

    def describe(self, mixture: Mixture) -> Row:
        """A caption from the words of it.

        Captions are emoji names, sentences, clip-art titles, and random words, so that no word is
        unknown.
        """
        draw = self.random.random()
        question = self.random.choice(questions.DESCRIBE_QUESTIONS)
        if draw < 0.45:
            return self._describe_concept(question, mixture)
        if draw < 0.65 and self.lexicon.captions:
            text, content = self.random.choice(self.lexicon.captions)
        else:
            count = 1 if self.random.random() < 0.6 else self.random.randint(1, 3)
            text = " ".join(self._random_words(count))
            content = self.lexicon.content(text)
            if self.random.random() < 0.5:
                question = questions.CONCEPT_QUESTION
        return self._assemble(question, text, self._bag(content, mixture), mixture, "describe")

    def _describe_concept(self, question: str, mixture: Mixture) -> Row:
        concept = self.random.choice(self.lexicon.concepts)
        text = concept.label
        content = self.lexicon.content(text)
        if concept.tags and self.random.random() < 0.25 * mixture.clutter:
            content += self.lexicon.content(self.random.choice(concept.tags))[:2]
        if self.random.random() < 0.5:
            question = questions.CONCEPT_QUESTION
        else:
            text = self.random.choice(CAPTION_TEMPLATES).format(text)
        return self._assemble(question, text, self._bag(content, mixture), mixture, "describe")

    def concept_name(self, concept: Concept, mixture: Mixture) -> Row:
        """The concept's name from its own words: the free answer to the concept question."""
        picture = self._bag(self.lexicon.content(concept.label), mixture)
        return self._assemble(questions.CONCEPT_QUESTION, concept.label, picture, mixture, "naming")

    def letters(self, mixture: Mixture, options: int = 0) -> Row:
        """Multiple choice; the right place is uniform.

        Options are emoji names (distractors random or of one group) or random words.
        """
        count = options or self.random.choice((2, 3, 4, 4))
        names = self._option_names(count, mixture)  # the right one first
        place = self.random.randrange(count)
        picture = self._bag(self.lexicon.content(names[0]), mixture)
        names[0], names[place] = names[place], names[0]
        prompt = questions.multiple_choice_prompt(questions.CONCEPT_QUESTION, names)
        listed = tuple(self.lexicon.letter_ids[:count])
        return self._assemble(prompt, "ABCD"[place], picture, mixture, "letters", listed)

    def _option_names(self, count: int, mixture: Mixture) -> list[str]:
        several_words = self.random.random() < mixture.multi_word
        draw = self.random.random()
        concepts = self.lexicon.concepts if several_words else self.lexicon.one_word_concepts
        if draw < 0.7 and concepts:
            right = self.random.choice(concepts)
            alike, short = draw < 0.35, not several_words
            names = self._with_distractors(right, count, same_group=alike, one_word=short)
            if len(names) == count:
                return names
        # enough for options of three words
        drawn = iter(self._random_words(3 * count))
        names = []
        for _ in range(count):
            length = self.random.choice((1, 1, 2, 3)) if several_words else 1
            names.append(" ".join(next(drawn) for _ in range(length)))
        return names

    def _with_distractors(
        self, target: Concept, count: int, same_group: bool, one_word: bool
    ) -> list[str]:
        """The target's label, then `count - 1` other labels in random order.

        They are fewer where there are too few such labels.
        """
        names = [target.label]
        for _ in range(DISTRACTOR_TRIES - 1):
            if len(names) == count:
                break
            other = self.random.choice(self.lexicon.distractors)
            if same_group and other.group != target.group:
                continue
            if one_word and len(self.lexicon.encode(other.label)) != 1:
                continue
            if other.label not in names:
                names.append(other.label)
        return names

    def drill(self) -> Row:
        """Options, then several words, each with its letter as the answer.

        That binds words to letters at a fifth of the cost of a full row.
        """
        lexicon = self.lexicon
        drawn = self._random_words(self.random.choice((2, 3, 4, 4)))
        words = [lexicon.encode(word)[0] for word in drawn]
        ids = [lexicon.head[0]]
        for letter, word in zip("ABCD", words, strict=False):
            ids += [*lexicon.encode(f"{letter}."), word, *lexicon.line]
        gap = lexicon.line if self.random.random() < DRILL_GAP else ()
        answers = []
        for _ in range(DRILL_ROUNDS):
            place = self.random.randrange(len(words))
            ids += [words[place], *gap, lexicon.letter_ids[place]]
            answers.append(len(ids) - 1)
        listed = tuple(lexicon.letter_ids[: len(words)])
        return Row(ids, answers, len(answers), *NO_PICTURE, 0.0, "drill", listed)

    def signs(self, mixture: Mixture, kind: str = "", count: int = 0) -> Row:
        """A board of one to three signs: which word stands on one of them?

        The OCR tokens are listed top to bottom; the slots of a height band carry the sign's colour.
        """
        count = count or self.random.randint(1, mixture.max_signs)
        kind = kind or self._sign_kind(count, mixture)
        words, colors = self._words_and_colors(count)
        # drawn for all kinds: later draws follow from it
        drawn = self.random.randrange(count)
        asked = {"only": 0, "top": 0, "bottom": count - 1, "color": drawn}[kind]
        question = questions.SIGN_QUESTIONS[kind].format(color=colors[asked])
        prompt = questions.text_prompt(question, words)
        picture = self._board(colors, mixture)
        listed = self.lexicon.first_tokens(words)
        return self._assemble(prompt, words[asked], picture, mixture, f"sign-{kind}", listed)

    def _sign_kind(self, count: int, mixture: Mixture) -> str:
        if self.random.random() < mixture.color:
            return "color"
        if count == 1:
            return "only"
        return self.random.choice(("top", "bottom"))

    def color_drill(self, mixture: Mixture) -> Row:
        """The colour question, then every sign's word behind its colour, or the other way round.

        That binds words to height bands.
        """
        count = self.random.randint(2, max(2, mixture.max_signs))
        row, words, colors = self._color_question(count, mixture, "color-drill")
        # the pairs stand in the answer's place: of the turn's end only <end_of_turn> is kept
        row.ids = row.ids[: row.answers[0] - len(self.lexicon.turn) + 1]
        row.answers = []
        color_tokens = self.lexicon.color_tokens(colors)
        word_tokens = self.lexicon.first_tokens(words)
        pairs = list(zip(color_tokens, word_tokens, strict=True))
        word_first = self.random.random() < 0.5
        for pair in self.random.sample(pairs, count):
            row.ids += reversed(pair) if word_first else pair
            row.answers.append(len(row.ids) - 1)
        row.told = count
        return row

    def color_pairs(self, mixture: Mixture, count: int, told: bool) -> Row:
        """The colour question, answered for each sign in random order.

        An answer is the sign's colour, where `told` the letter of its place (A is the top one), and
        its word. Colour to place to word is learned in seconds; leaving the place out then teaches
        both hops in one.
        """
        kind = "color-chain" if told else "color-pairs"
        row, words, colors = self._color_question(count, mixture, kind)
        row.ids = row.ids[: row.answers[0]]
        row.answers = []
        color_tokens = self.lexicon.color_tokens(colors)
        word_tokens = self.lexicon.first_tokens(words)
        for place in self.random.sample(range(count), count):
            row.ids.append(color_tokens[place])
            answer = [word_tokens[place]]
            if told:
                answer.insert(0, self.lexicon.letter_ids[place])
            for token in answer:
                row.ids.append(token)
                row.answers.append(len(row.ids) - 1)
        row.told = len(row.answers)
        return row

    def _color_question(
        self, count: int, mixture: Mixture, kind: str
    ) -> tuple[Row, list[str], list[str]]:
        """Return the row up to its (empty) answer, and words and colours from the top down."""
        words, colors = self._words_and_colors(count, plain=True)
        question = questions.SIGN_QUESTIONS["color"].format(color=self.random.choice(colors))
        prompt = questions.text_prompt(question, words)
        picture = self._board(colors, mixture)
        listed = self.lexicon.first_tokens(words)
        return self._assemble(prompt, "", picture, mixture, kind, listed), words, colors

    def _words_and_colors(self, count: int, plain: bool = False) -> tuple[list[str], list[str]]:
        """Return what stands on the signs, and their colours; `plain` takes sign words alone."""
        case = self.random.choice(SIGN_CASES)
        words = [case(word) for word in self.random.sample(sign_words(), count)]
        # so that a word that no sign of the list bears can be read too
        if not plain and self.random.random() < 0.1:
            words[self.random.randrange(count)] = self.random.choice(self.lexicon.words)
        return words, self.random.sample(questions.SIGN_COLORS, count)

    def _random_words(self, count: int) -> list[str]:
        return self.random.sample(self.lexicon.words, count)

    def _board(self, colors: Sequence[str], mixture: Mixture) -> Picture:
        lexicon = self.lexicon
        tokens = lexicon.color_tokens(colors)
        return sign_board(self.random, tokens, lexicon.sign_id, lexicon.word_ids, mixture)

    def _bag(self, content: Tokens, mixture: Mixture) -> Picture:
        return bag_of_words(self.random, content, self.lexicon.word_ids, mixture)

    def _assemble(
        self,
        prompt: str,
        answer: str,
        picture: Picture,
        mixture: Mixture,
        kind: str,
        listed: Tokens = (),
    ) -> Row:
        """Return the row of a question about a picture, with its noise drawn."""
        ids, start = self.lexicon.conversation(prompt, answer)
        answers = list(range(start, len(ids)))
        told = len(answers) - len(self.lexicon.end)
        noise = 0.0
        if self.random.random() >= mixture.clean:
            noise = self.random.random() * mixture.noise
        return Row(ids, answers, told, *picture, noise, kind, listed)
