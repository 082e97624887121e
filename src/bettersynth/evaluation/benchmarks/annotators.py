"""Ten simulated annotators of a sign board, who agree about as little as people do: form differs often, the word now and then."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

ANSWERS = 10


def annotate(
    word: str,
    other_words: Sequence[str],
    form_share: float,
    slip_share: float,
    rng: np.random.Generator,
) -> list[str]:
    """Return ten answers to a question whose true answer is `word`.

    Each annotator on his own writes the word in lower case; or, with `form_share`, the same word in another form (capitals, a
    capital letter, an article, a full stop: equal once normalised); or, with `slip_share`, something else: another word of the
    board, a typing error, or "unanswerable".
    """
    answers = []
    for draw in rng.random(ANSWERS):
        if draw < form_share:
            answers.append(
                str(rng.choice([word.upper(), word.capitalize(), f"the {word}", f"{word}."]))
            )
        elif draw < form_share + slip_share:
            answers.append(str(rng.choice([*other_words, mistype(word, rng), "unanswerable"])))
        else:
            answers.append(word)
    return answers


def mistype(word: str, rng: np.random.Generator) -> str:
    """Return `word` (two different letters at least) with one letter left out, doubled, or swapped with a different neighbour."""
    kind, at = int(rng.integers(3)), int(rng.integers(len(word)))
    if kind == 0:
        return word[:at] + word[at + 1 :]
    if kind == 1:
        return word[: at + 1] + word[at:]
    swaps = [k for k in range(len(word) - 1) if word[k] != word[k + 1]]
    at = swaps[at % len(swaps)]
    return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
