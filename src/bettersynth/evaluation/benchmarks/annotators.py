"""Ten simulated annotators of a sign board, who agree about as little as people do.

Their form differs often, their word now and then.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bettersynth.evaluation.benchmarks.textvqa_answers import ANSWERS


def annotate(
    word: str,
    other_words: Sequence[str],
    form_share: float,
    slip_share: float,
    rng: np.random.Generator,
) -> list[str]:
    """Return ten answers to a question whose true answer is `word`.

    Each annotator on his own writes the word in lower case; or, with `form_share`, the same word in
    another form (capitals, a capital letter, an article, a full stop: equal once normalised); or,
    with `slip_share`, something else: another word of the board, a typing error, or
    "unanswerable".
    """
    answers = []
    for draw in rng.random(ANSWERS):
        # one draw decides the kind, so the shares are exact in expectation and never overlap
        if draw < form_share:
            forms = [word.upper(), word.capitalize(), f"the {word}", f"{word}."]
            answers.append(str(rng.choice(forms)))
        elif draw < form_share + slip_share:
            slips = [*other_words, mistype(word, rng), "unanswerable"]
            answers.append(str(rng.choice(slips)))
        else:
            answers.append(word)
    return answers


def mistype(word: str, rng: np.random.Generator) -> str:
    """Return `word` with one letter left out, doubled, or swapped with a different neighbour.

    The word must have two different letters at least.
    """
    kind = int(rng.integers(3))
    place = int(rng.integers(len(word)))
    if kind == 0:
        return word[:place] + word[place + 1 :]
    if kind == 1:
        return word[: place + 1] + word[place:]
    neighbours = range(len(word) - 1)
    # swapping two equal letters would change nothing
    swaps = [left for left in neighbours if word[left] != word[left + 1]]
    place = swaps[place % len(swaps)]
    return word[:place] + word[place + 1] + word[place] + word[place + 2 :]
