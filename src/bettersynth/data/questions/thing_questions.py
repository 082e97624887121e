"""Boards that show a thing between three names, and the question which name is the thing's.

A reader alone cannot answer it: the OCR tokens list all three names, and the answer is as often the
first as the second or third. The picture has to be seen.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from bettersynth.data.questions.board_questions import BoardQuestion
from bettersynth.data.questions.prompts import SIGN_COLORS, THING, THING_QUESTION
from bettersynth.data.questions.thing_drawing import NAMES, draw_thing_board
from bettersynth.data.tables.samples import SAMPLES
from bettersynth.errors import UserError

# what fits on a sign and is one OCR token
NAME = re.compile("[a-z]{3,12}")


def pictures_of_things(
    rows: Iterable[Mapping[str, Any]], split: str, setting: str
) -> dict[str, list[str]]:
    """Return the pictures of each concept of a split whose name is one word of 3 to 12 letters.

    `rows` are the sample table's (`split`, `concept`, `images`), a picture is named as the pool's
    shards name it; both are in order. `setting` is what asks for boards.

    Raises:
        UserError: the split shows fewer than three such concepts.
    """
    pictures: dict[str, list[str]] = {}
    shows_any = False
    for row in rows:
        if row["split"] != split or not row["concept"]:
            continue
        shows_any = True
        name = row["concept"]
        # a typing error, as annotators make them, needs two different letters
        if NAME.fullmatch(name) and len(set(name)) > 1:
            pictures.setdefault(name, []).append(row["images"][0])
    if not shows_any:
        raise UserError(f"{SAMPLES} holds no {split} pictures with a concept; set {setting} to 0")
    if len(pictures) < NAMES:
        raise UserError(
            f"{SAMPLES} holds {len(pictures)} {split} concepts of one word of 3 to 12 letters; "
            f"at least {NAMES} are needed, or set {setting} to 0"
        )
    return {name: sorted(pictures[name]) for name in sorted(pictures)}


def thing_questions(
    count: int,
    pictures: Mapping[str, Sequence[str]],
    read: Callable[[str], bytes],
    rng: np.random.Generator,
) -> Iterator[BoardQuestion]:
    """Yield `count` boards with one question each.

    `pictures` is what `pictures_of_things` returns; `read` gives a picture's bytes. Every concept
    is the answer about equally often, and about equally often a wrong name. No picture of a concept
    is shown twice before each was shown once. The answer is equally often each of the three words.

    Raises:
        UserError: too many concepts are part of each other's names.
    """
    concepts = list(pictures)
    answers: list[str] = []
    # dealt from its end
    wrong: list[str] = []
    places: list[int] = []
    unseen: dict[str, list[str]] = {}
    for _ in range(count):
        if not answers:
            answers = [str(name) for name in rng.permutation(concepts)]
        answer = answers.pop()
        if not places:
            places = [int(place) for place in rng.permutation(NAMES)]
        words: list[str] = []
        for _ in range(NAMES - 1):
            words.append(_deal(wrong, concepts, (answer, *words), rng))
        words.insert(places.pop(), answer)
        if not unseen.get(answer):
            unseen[answer] = [str(name) for name in rng.permutation(pictures[answer])]
        picture = read(unseen[answer].pop())
        colors = [str(color) for color in rng.choice(SIGN_COLORS, NAMES, replace=False)]
        board = draw_thing_board(picture, words, colors, rng)
        yield BoardQuestion(board, THING, THING_QUESTION, answer)


def _deal(
    deck: list[str], concepts: Sequence[str], chosen: Sequence[str], rng: np.random.Generator
) -> str:
    """Take from the end of `deck` the first name that holds none of `chosen`, nor the reverse.

    Where the deck has no such name a fresh one goes below it.
    """
    for _ in range(2):
        for place in reversed(range(len(deck))):
            name = deck[place]
            # "eye" beside "eyes" would be right as well
            if not any(name in other or other in name for other in chosen):
                return deck.pop(place)
        deck[:0] = [str(name) for name in rng.permutation(concepts)]
    raise UserError(
        f"{SAMPLES}: no concept can stand as a wrong name beside {', '.join(chosen)}, since each "
        "is part of the other; add pictures of other things"
    )
