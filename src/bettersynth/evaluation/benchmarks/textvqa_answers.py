"""Judging an answer of TextVQA: the normaliser with its quirks, and soft accuracy over ten answers.

Two normalisers are in use and disagree on about a tenth of odd strings; both are here as named
protocols: `llava` (also MGM, the challenge's kit, and lmms-eval) and `vlmevalkit`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from bettersynth.errors import UserError

PROTOCOLS = ("llava", "lmms-eval", "vlmevalkit")
"""Names of the normalisers; `llava` and `lmms-eval` give the same text for every input."""

ANSWERS = 10
"""Annotators a question; the soft accuracy is defined for exactly this many."""

NUMBER_WORDS = {
    "none": "0", "zero": "0", "one": "1", "two": "2", "three": "3", "four": "4",
    "five": "5", "six": "6", "seven": "7", "eight": "8", "nine": "9", "ten": "10",
}  # fmt: skip
ARTICLES = frozenset(("a", "an", "the"))

_CONTRACTED = """
ain't aren't can't could've couldn't couldn't've didn't doesn't don't hadn't hadn't've hasn't
haven't he'd he'd've he's how'd how'll how's I'd've I'm I've isn't it'd it'd've it'll ma'am
mightn't mightn't've might've mustn't must've needn't not've o'clock oughtn't 'ow's'at shan't
she'd've should've shouldn't shouldn't've somebody'd've somebody'll somebody's someone'd
someone'd've someone'll someone's something'd something'd've something'll that's there'd
there'd've there're there's they'd they'd've they'll they're they've 'twas wasn't we'd've we've
weren't what'll what're what's what've when's where'd where's where've who'd who'd've who'll who's
who've why'll why're why's won't would've wouldn't wouldn't've y'all y'all'll y'all'd've you'd
you'd've you'll you're you've
"""


def _contractions() -> dict[str, str]:
    """Return contractions by how they are written with exactly one apostrophe missing.

    Those with a capital never match lower-cased text; they stand here because the published table
    has them.
    """
    table: dict[str, str] = {}
    for word in _CONTRACTED.split():
        for place, letter in enumerate(word):
            if letter == "'":
                table[word[:place] + word[place + 1 :]] = word
    return table | {"somebody'd": "somebodyd"}


CONTRACTIONS = _contractions()

# to the reference `:`, `$`, `&`, `%`, `#` and `*` are no punctuation, and `.` has its own rule
_PUNCTUATION = ';/[]"{}()=+\\_-><@`,?!'
_COMMA_IN_NUMBER = re.compile(r"\d,\d")
# a full stop stays before a digit (llava), or beside one (vlmevalkit)
_PERIODS = {"llava": re.compile(r"\.(?!\d)"), "vlmevalkit": re.compile(r"(?<!\d)\.(?!\d)")}
# the reference passes a regex flag where the count belongs, and that flag's value is 32
_MOST_PERIODS = 32


def normalize_answer(text: str, protocol: str = "llava") -> str:
    """Return `text` as the named protocol compares it.

    `llava`: "," and "?" go first and "'s" becomes a word of its own; a full stop stays only before
    a digit ("3." -> "3").
    `vlmevalkit`: neither; a full stop stays with a digit on either side, and a comma between digits
    makes all punctuation vanish instead of becoming spaces ("1,000-2,000" -> "10002000").

    Raises:
        UserError: unknown protocol.

    Source: the EvalAI answer processor as LLaVA/MGM, lmms-eval and VLMEvalKit carry it; tests
    compare with their outputs.
    """
    family = _family(protocol)
    if family == "llava":
        text = text.lower().replace(",", "").replace("?", "")
        text = text.replace("'s", " 's").strip()
    text = text.replace("\n", " ").replace("\t", " ").strip()
    text = _PERIODS[family].sub("", _strip_punctuation(text), count=_MOST_PERIODS)
    words = []
    for said in text.lower().split():
        word = NUMBER_WORDS.get(said, said)
        if word not in ARTICLES:
            words.append(CONTRACTIONS.get(word, word))
    return " ".join(words)


def _family(protocol: str) -> str:
    if protocol not in PROTOCOLS:
        raise UserError(
            f"TextVQA has no protocol {protocol}; its protocols are: {', '.join(PROTOCOLS)}"
        )
    return "vlmevalkit" if protocol == "vlmevalkit" else "llava"


def _strip_punctuation(text: str) -> str:
    """Delete each mark that touches a space somewhere in `text`, else make it a space.

    Where a number holds a comma every mark is deleted.
    """
    number = _COMMA_IN_NUMBER.search(text) is not None
    # whether a mark touches a space is asked of the whole text as it came, not of `cleaned`
    cleaned = text
    for mark in _PUNCTUATION:
        touches_space = mark + " " in text or " " + mark in text
        cleaned = cleaned.replace(mark, "" if number or touches_space else " ")
    return cleaned


def soft_accuracy(prediction: str, answers: Sequence[str], protocol: str = "llava") -> float:
    """Return the question's score in [0, 1].

    It is the mean over the annotators of min(1, other annotators who agree / 3): with c of 10 equal
    normalised answers 0, .3, .6, .9 and 1 for c = 0, 1, 2, 3 and above. An empty prediction scores
    like any other when annotators' answers normalise to nothing.

    Raises:
        UserError: not exactly ten answers, or an unknown protocol.
    """
    if len(answers) != ANSWERS:
        raise UserError(f"a TextVQA question needs exactly {ANSWERS} answers, not {len(answers)}")
    said = normalize_answer(prediction, protocol)
    agrees = [normalize_answer(answer, protocol) == said for answer in answers]
    # each annotator is left out once, so one who agrees sees one fewer who do
    total = sum(agrees)
    if not total:
        return 0.0
    return sum(min(1.0, (total - one) / 3) for one in agrees) / ANSWERS
