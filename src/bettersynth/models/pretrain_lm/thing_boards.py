"""The task of one drawn thing on a board: which of the signs beside it names it?

A projector sees the thing in most of the picture and the coloured signs at one edge; their words
are read from the OCR tokens. The right word is the one that the thing's slots are made of.
"""

from __future__ import annotations

from dataclasses import replace

from bettersynth.data.questions import prompts as questions
from bettersynth.models.pretrain_lm.rows import SIDE, Mixture, Picture, Row
from bettersynth.models.pretrain_lm.tasks import SIGN_CASES, TaskSampler

# how many signs stand beside the thing: three twice in three
SIGN_COUNTS = (2, 3, 3)
# how many rows of the grid show the signs, from one edge inwards; 0 where the thing hides them
SIGN_ROWS = (0, 1, 1, 2)


class ThingSampler(TaskSampler):
    """Draws rows of kind `things` too; all other kinds are `TaskSampler`'s, draw for draw."""

    def row_of(self, kind: str, mixture: Mixture) -> Row:
        """Return a row of a kind that this sampler knows."""
        if kind == "things":
            return self.things(mixture)
        return super().row_of(kind, mixture)

    def things(self, mixture: Mixture) -> Row:
        """A board of one thing and two or three signs: which word names the thing?

        Names are of one word, as on `letters`' rows; the right place is uniform.
        """
        count = self.random.choice(SIGN_COUNTS)
        # the right one first
        names = self._option_names(count, replace(mixture, multi_word=0.0))
        picture = self._thing_and_signs(names[0], count, mixture)
        place = self.random.randrange(count)
        names[0], names[place] = names[place], names[0]
        case = self.random.choice(SIGN_CASES)
        written = [case(name) for name in names]
        # a name in capitals is often several pieces, which no drawn sign of the training has
        if all(len(self.lexicon.encode(word)) == 1 for word in written):
            names = written
        prompt = questions.text_prompt(questions.THING_QUESTION, names)
        listed = self.lexicon.first_tokens(names)
        return self._assemble(prompt, names[place], picture, mixture, "things", listed)

    def _thing_and_signs(self, name: str, signs: int, mixture: Mixture) -> Picture:
        """Return the thing's slots, with those of a board of signs at the upper or lower edge."""
        thing = self._bag(self.lexicon.content(name), mixture)
        board = self._board(self.random.sample(questions.SIGN_COLORS, signs), mixture)
        rows = self.random.choice(SIGN_ROWS)
        first = 0 if self.random.random() < 0.5 else SIDE - rows
        for slot in range(first * SIDE, (first + rows) * SIDE):
            thing.ids[slot] = board.ids[slot]
            thing.weights[slot] = board.weights[slot]
        return thing
