"""ROUGE-L of two texts, with the numbers of the Python package rouge: each word counts once."""

from __future__ import annotations

from collections.abc import Sequence

# as that package has it, so that nothing is divided by 0
EPSILON = 1e-8


def rouge_l(text: str, reference: str) -> float:
    """Return the F score of a text, in [0, 1].

    Shared are the words of the longest common subsequence of any sentence of one with any of the
    other; precision and recall are their shares of the words of each. Sentences end at a full stop.

    Source: Lin, ROUGE: A Package for Automatic Evaluation of Summaries (2004), section 3.2; words
    as sets, as in rouge 1.0.1.
    """
    own, others = _sentences(text), _sentences(reference)
    shared: set[str] = set()
    for other in others:
        for sentence in own:
            shared |= _common_words(other, sentence)
    if not shared:
        return 0.0
    precision = len(shared) / len(set().union(*own))
    recall = len(shared) / len(set().union(*others))
    return 2.0 * precision * recall / (precision + recall + EPSILON)


def _sentences(text: str) -> list[list[str]]:
    """Return the words of each sentence; white space after the last one is an empty word."""
    sentences: list[list[str]] = []
    for sentence in text.split("."):
        if sentence:
            sentences.append(sentence.split() or [""])
    return sentences


def _common_words(first: Sequence[str], second: Sequence[str]) -> set[str]:
    """Return the words of one longest common subsequence; of several as long, the one that leaves
    out the last words of `second` first.
    """
    lengths = [[0] * (len(second) + 1)]
    for word in first:
        above, row = lengths[-1], [0]
        for place, other in enumerate(second):
            row.append(above[place] + 1 if word == other else max(above[place + 1], row[place]))
        lengths.append(row)
    words: set[str] = set()
    at, other_at = len(first), len(second)
    while at and other_at:
        if first[at - 1] == second[other_at - 1]:
            at, other_at = at - 1, other_at - 1
            words.add(first[at])
        elif lengths[at - 1][other_at] > lengths[at][other_at - 1]:
            at -= 1
        else:
            other_at -= 1
    return words
