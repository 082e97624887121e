"""Sign boards and the question asked about each.

They stand for TextVQA's photographs: the words have to be read (or copied from the OCR tokens of
the prompt) and, where a board carries several signs, the right one has to be picked by place or by
colour.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bettersynth.data.questions.board_drawing import MAX_SIGNS, Board, draw_board
from bettersynth.data.questions.prompts import SIGN_COLORS, SIGN_QUESTIONS
from bettersynth.data.questions.shares import share_out
from bettersynth.errors import UserError


@dataclass(frozen=True)
class BoardQuestion:
    """A board with its question.

    `kind` is a key of `SIGN_QUESTIONS` or `THING`, `answer` the word asked for in lower case.
    """

    board: Board
    kind: str
    question: str
    answer: str


def kinds_by_share(shares: Mapping[str, float], count: int, where: str) -> list[str]:
    """Return `count` question kinds in the proportions of `shares`, not shuffled.

    Raises:
        UserError: a kind is unknown, or the shares are negative or add up to nothing.
    """
    unknown = sorted(set(shares) - set(SIGN_QUESTIONS))
    if unknown:
        raise UserError(f"{where} has no kind {unknown[0]}; kinds are: {', '.join(SIGN_QUESTIONS)}")
    return share_out(shares, count, where)


def board_questions(
    count: int,
    words: Sequence[str],
    shares: Mapping[str, float],
    rng: np.random.Generator,
    where: str,
) -> Iterator[BoardQuestion]:
    """Yield `count` boards with one question each, kinds in the proportions of `shares`.

    `only` boards carry one sign; the others two or three, all of different words and colours. All
    `words` are used about equally often.

    Raises:
        UserError: an unknown kind or bad shares (named at `where`), or too few words.
    """
    if len(words) < MAX_SIGNS:
        raise UserError(
            f"{where}: {len(words)} words are left for sign boards; at least {MAX_SIGNS} are needed"
        )
    kinds = rng.permutation(kinds_by_share(shares, count, where))
    # dealt from its end
    deck: list[str] = []
    for kind in map(str, kinds):
        signs = 1 if kind == "only" else int(rng.integers(2, MAX_SIGNS + 1))
        # the fresh cards go below the rest
        if len(deck) < signs:
            deck = [*map(str, rng.permutation(words)), *deck]
        chosen = _deal(deck, signs)
        colors = [str(color) for color in rng.choice(SIGN_COLORS, signs, replace=False)]
        # Drawn for every kind, needed or not: later draws do not depend on the kind.
        any_place = int(rng.integers(signs))
        asked = {"only": 0, "top": 0, "bottom": signs - 1}.get(kind, any_place)
        question = SIGN_QUESTIONS[kind].format(color=colors[asked])
        yield BoardQuestion(draw_board(chosen, colors, rng), kind, question, chosen[asked])


def _deal(deck: list[str], count: int) -> list[str]:
    """Take `count` different words from the end of `deck`.

    Where fresh cards meet the rest, a word may lie there twice.
    """
    chosen: list[str] = []
    while len(chosen) < count:
        place = len(deck) - 1
        while deck[place] in chosen:
            place -= 1
        chosen.append(deck.pop(place))
    return chosen
