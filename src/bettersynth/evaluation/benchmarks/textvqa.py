"""TextVQA: the answer normaliser with its quirks, soft accuracy over ten answers, and the join of predictions with annotations.

Two normalisers are in use and disagree on about a tenth of odd strings; both are here as named protocols:
`llava` (also MGM, the challenge's kit, and lmms-eval) and `vlmevalkit`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from bettersynth.errors import UserError

PROTOCOLS = ("llava", "lmms-eval", "vlmevalkit")
"""Names of the normalisers; `llava` and `lmms-eval` give the same text for every input."""

ANSWERS = 10
"""Annotators a question; the soft accuracy is defined for exactly this many."""

NUMBER_WORDS = {
    **dict.fromkeys(("none", "zero"), "0"),
    **dict(
        one="1",
        two="2",
        three="3",
        four="4",
        five="5",
        six="6",
        seven="7",
        eight="8",
        nine="9",
        ten="10",
    ),
}
ARTICLES = frozenset(("a", "an", "the"))

# A contraction is recognised when exactly one of its apostrophes is missing. Those with a capital never match
# lower-cased text; they stand here because the published table has them.
_CONTRACTED = """
ain't aren't can't could've couldn't couldn't've didn't doesn't don't hadn't hadn't've hasn't haven't he'd he'd've he's how'd
how'll how's I'd've I'm I've isn't it'd it'd've it'll ma'am mightn't mightn't've might've mustn't must've needn't not've o'clock
oughtn't 'ow's'at shan't she'd've should've shouldn't shouldn't've somebody'd've somebody'll somebody's someone'd someone'd've
someone'll someone's something'd something'd've something'll that's there'd there'd've there're there's they'd they'd've they'll
they're they've 'twas wasn't we'd've we've weren't what'll what're what's what've when's where'd where's where've who'd who'd've
who'll who's who've why'll why're why's won't would've wouldn't wouldn't've y'all y'all'll y'all'd've you'd you'd've you'll
you're you've
"""
CONTRACTIONS = {
    word[:at] + word[at + 1 :]: word
    for word in _CONTRACTED.split()
    for at, letter in enumerate(word)
    if letter == "'"
} | {"somebody'd": "somebodyd"}

_PUNCTUATION = ';/[]"{}()=+\\_-><@`,?!'
_COMMA_IN_NUMBER = re.compile(r"\d,\d")
_PERIODS = {"llava": re.compile(r"\.(?!\d)"), "vlmevalkit": re.compile(r"(?<!\d)\.(?!\d)")}
_MOST_PERIODS = (
    32  # the reference passes a regex flag where the count belongs, and that flag's value is 32
)


def normalize_answer(text: str, protocol: str = "llava") -> str:
    """Return `text` as the named protocol compares it.

    `llava`: "," and "?" go first and "'s" becomes a word of its own; a full stop stays only before a digit ("3." -> "3").
    `vlmevalkit`: neither; a full stop stays with a digit on either side, and a comma between digits makes all punctuation
    vanish instead of becoming spaces ("1,000-2,000" -> "10002000").

    Raises:
        UserError: unknown protocol.

    Source: the EvalAI answer processor as LLaVA/MGM, lmms-eval and VLMEvalKit carry it; tests compare with their outputs.
    """
    family = _family(protocol)
    if family == "llava":
        text = text.lower().replace(",", "").replace("?", "").replace("'s", " 's").strip()
    text = text.replace("\n", " ").replace("\t", " ").strip()
    text = _PERIODS[family].sub("", _strip_punctuation(text), count=_MOST_PERIODS)
    words = (NUMBER_WORDS.get(word, word) for word in text.lower().split())
    return " ".join(CONTRACTIONS.get(word, word) for word in words if word not in ARTICLES)


def _family(protocol: str) -> str:
    if protocol not in PROTOCOLS:
        raise UserError(
            f"TextVQA has no protocol {protocol}; its protocols are: {', '.join(PROTOCOLS)}"
        )
    return "vlmevalkit" if protocol == "vlmevalkit" else "llava"


def _strip_punctuation(text: str) -> str:
    """Delete each mark that touches a space somewhere in `text` (all of them if a number holds a comma), else blank it."""
    number = _COMMA_IN_NUMBER.search(text) is not None
    cleaned = text
    for mark in _PUNCTUATION:
        touches_space = mark + " " in text or " " + mark in text
        cleaned = cleaned.replace(mark, "" if number or touches_space else " ")
    return cleaned


def soft_accuracy(prediction: str, answers: Sequence[str], protocol: str = "llava") -> float:
    """Return the question's score in [0, 1]: the mean over the annotators of min(1, other annotators who agree / 3).

    With c of 10 equal normalised answers that is 0, .3, .6, .9 and 1 for c = 0, 1, 2, 3 and above. An empty
    prediction scores like any other when annotators' answers normalise to nothing.

    Raises:
        UserError: not exactly ten answers, or an unknown protocol.
    """
    if len(answers) != ANSWERS:
        raise UserError(f"a TextVQA question needs exactly {ANSWERS} answers, not {len(answers)}")
    said = normalize_answer(prediction, protocol)
    agrees = [normalize_answer(answer, protocol) == said for answer in answers]
    total = sum(agrees)
    if not total:
        return 0.0
    return sum(min(1.0, (total - one) / 3) for one in agrees) / ANSWERS


def question_of_prompt(prompt: str) -> str:
    """Return the question, in lower case, of a prompt in one of the four shapes that LLaVA's scorer knows.

    The shapes: `OCR tokens: .. Question: .. Short answer:` on any number of lines; three lines with the
    `Reference OCR token: ` line first or second; two lines, the question first.

    Raises:
        UserError: another shape.
    """
    lines = prompt.split("\n")
    if prompt.startswith("OCR tokens: "):
        found = re.search("Question: (.*?) Short answer:", prompt, re.DOTALL)
        if found:
            return found.group(1).lower()
    elif "Reference OCR token: " in prompt and len(lines) == 3:
        return lines[1 if prompt.startswith("Reference OCR token:") else 0].lower()
    elif len(lines) == 2:
        return lines[0].lower()
    raise UserError(
        f"no question can be read from the prompt {prompt[:120]!r}; it must be two or three lines (question, OCR tokens, instruction)"
    )


def read_annotations(content: object, where: str) -> dict[tuple[str, str], list[str]]:
    """Return the ten answers of each (image id, lower-case question) of a TextVQA annotation file's parsed JSON, in its order.

    Several questions share an image, hence the pair as key. `content` is the official object with a `data` list, or that list.
    Where two question ids ask the same of one image, the later ones' keys end in " (2)", " (3)", ... and, as in LLaVA's join,
    the last one's answers count for all of them.

    Raises:
        UserError: another structure, no answers (a test file), a count other than ten, a question id or a question twice.
    """
    entries = content.get("data") if isinstance(content, Mapping) else content
    if not isinstance(entries, list) or not entries:
        raise UserError(
            f"{where} holds no TextVQA annotations; expected an object with a list `data` of questions"
        )
    given: list[list[str]] = []
    for number, entry in enumerate(entries, 1):
        if not isinstance(entry, Mapping) or "image_id" not in entry or "question" not in entry:
            raise UserError(f"{where} entry {number} lacks image_id or question")
        answers = entry.get("answers")
        if not isinstance(answers, list) or not answers:
            raise UserError(
                f"{where} entry {number} has no answers; a test file without public answers cannot be scored"
            )
        if len(answers) != ANSWERS:
            raise UserError(
                f"{where} entry {number} has {len(answers)} answers; TextVQA needs exactly {ANSWERS}"
            )
        given.append([str(answer) for answer in answers])
    last = {question_key(entry): answers for entry, answers in zip(entries, given, strict=True)}
    return {
        key: last[question_key(entry)]
        for key, entry in zip(annotation_keys(entries, where), entries, strict=True)
    }


def question_key(entry: Mapping[str, Any]) -> tuple[str, str]:
    """Return (image id, lower-case question) of an annotation."""
    return str(entry["image_id"]), str(entry["question"]).lower()


def repeated_key(key: tuple[str, str], times: int) -> tuple[str, str]:
    """Return the key of a question that is asked of one image for the `times`-th time, counted from 1."""
    return key if times == 1 else (key[0], f"{key[1]} ({times})")


def annotation_keys(entries: Sequence[Mapping[str, Any]], where: str) -> list[tuple[str, str]]:
    """Return the key of each annotation, as `read_annotations` makes them.

    Raises:
        UserError: a question id twice, or a question twice without different question ids.
    """
    ids: set[str] = set()
    times: dict[tuple[str, str], int] = {}
    keys = []
    for number, entry in enumerate(entries, 1):
        key, identity = question_key(entry), entry.get("question_id")
        if identity is not None and str(identity) in ids:
            raise UserError(f"{where} entry {number}: the question id {identity} is there twice")
        ids.add(str(identity))
        if identity is None and key in times:
            raise UserError(
                f"{where} entry {number}: image {key[0]} has the question {key[1]!r} twice"
            )
        times[key] = times.get(key, 0) + 1
        keys.append(repeated_key(key, times[key]))
    return keys
