"""Reading a letter out of an MMBench prediction, as each harness reads it.

Harnesses read the same prediction differently, so each rule set is a named protocol: `strict` (the
challenge's kit: the prediction is the letter), `vlmevalkit` (its rules of today),
`vlmevalkit-2024` (those of the challenge's time), `lmms-eval`.

Source: the rules of each harness without an LLM as judge; tests compare with their outputs, traps
included.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from bettersynth.errors import UserError

PROTOCOLS = ("strict", "vlmevalkit", "vlmevalkit-2024", "lmms-eval")
NO_ANSWER = "Z"
"""What VLMEvalKit extracts from a refusal; never a right answer."""

_FAILED_CALL = "Failed to obtain answer via API"
_REFUSALS = (
    "Sorry, I can't help with images of people yet.",
    "I can't process this file.",
    "I'm sorry, but without the image provided",
    "Cannot determine the answer",
)
_MARKS = str.maketrans(dict.fromkeys(".()[],:;!*#{}", " "))
_ANSWER_IS = re.compile(r"answer\s+is\s+\**([ABCD])", re.IGNORECASE)
# today's rule reads a letter near the end alone: earlier ones are often articles ("A dog ...")
_LAST_TOKENS = 4
_LMMS_LETTERS = "ABCDE"
# before and after the letter; tried in this order, the first that leaves one letter wins
_LMMS_DECORATIONS = (
    ("", "."), ("", ","), ("", ":"), ("", ")"), ("", ")."), ("(", ")"),
    ("(", ")."), (":", ""), (":", ","), (":", "."), (":", ")"), (":", ")."),
)  # fmt: skip


def extract(prediction: str, options: Mapping[str, str], protocol: str) -> str | None:
    """Return the letter that `protocol` reads in `prediction`, `Z` for a refusal, None for none.

    `options` are the row's texts by letter. `strict` gives the prediction itself where it is one of
    those letters.

    Raises:
        UserError: unknown protocol.
    """
    if protocol == "strict":
        return prediction if prediction in options else None
    if protocol == "vlmevalkit":
        letter = _vlmevalkit_letter(prediction, options, today=True)
        return letter or _text_match(prediction, options, guard=True)
    if protocol == "vlmevalkit-2024":
        letter = _vlmevalkit_letter(prediction, options, today=False)
        return letter or _text_match(prediction, options, guard=False)
    if protocol == "lmms-eval":
        # lmms-eval looks for the letters A to E, but for the texts of A to D
        four = {letter: text for letter, text in options.items() if letter in "ABCD"}
        return _lmms_letter(prediction) or _text_match(prediction, four, guard=False)
    raise UserError(
        f"MMBench has no protocol {protocol}; its protocols are: {', '.join(PROTOCOLS)}"
    )


def _vlmevalkit_letter(prediction: str, options: Mapping[str, str], today: bool) -> str | None:
    """Return the only letter among the words; `today`'s rules want it near the end."""
    if _FAILED_CALL in prediction:
        return None
    if any(phrase in prediction for phrase in _REFUSALS):
        return NO_ANSWER
    tokens = prediction.translate(_MARKS).split()
    named = [letter for letter in options if letter in tokens]
    if len(named) == 1:
        near_the_end = tokens.index(named[0]) >= len(tokens) - _LAST_TOKENS
        if near_the_end or not today:
            return named[0]
    # a prediction that says Z and no option counts as a refusal too
    elif not named and NO_ANSWER in tokens:
        return NO_ANSWER
    if not today:
        return None
    # a trap that is kept: "The answer is a dog" gives A, as the expression ignores case
    said = _ANSWER_IS.search(prediction)
    if said and said.group(1).upper() in options:
        return said.group(1).upper()
    return None


def _lmms_letter(prediction: str) -> str | None:
    """Return the only letter among the words, bare or else in the first decoration that has one."""
    if _FAILED_CALL in prediction:
        return None
    tokens = prediction.split()
    named = [letter for letter in _LMMS_LETTERS if letter in tokens]
    may_be_article = named == ["A"] and len(tokens) > 3
    if len(named) == 1 and not may_be_article:
        return named[0]
    for before, after in _LMMS_DECORATIONS:
        named = [letter for letter in _LMMS_LETTERS if before + letter + after in tokens]
        if len(named) == 1:
            return named[0]
    return None


def _text_match(prediction: str, options: Mapping[str, str], guard: bool) -> str | None:
    """Return the one option whose text occurs in the prediction.

    `guard` refuses predictions over twice all options' length.
    """
    said = prediction.lower()
    if guard and len(said) > 2 * sum(map(len, options.values())):
        return None
    named = [letter for letter, text in options.items() if text.lower() in said]
    return named[0] if len(named) == 1 else None
