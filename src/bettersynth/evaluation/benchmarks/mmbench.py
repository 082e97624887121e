"""MMBench: reading its TSV, the three harnesses' prompts and answer extraction, circular and vanilla accuracy by category.

Harnesses read the same prediction differently, so each rule set is a named protocol: `strict` (the challenge's kit: the
prediction is the letter), `vlmevalkit` (its rules of today), `vlmevalkit-2024` (those of the challenge's time), `lmms-eval`.
"""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from bettersynth.data.questions.prompts import LETTER_INSTRUCTION, multiple_choice_prompt
from bettersynth.errors import UserError

PROTOCOLS = ("strict", "vlmevalkit", "vlmevalkit-2024", "lmms-eval")
GROUP = 1_000_000
"""Rows of one question differ by multiples of this: index = base + k * GROUP, k = times the options were rolled."""
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
NO_ANSWER = "Z"
"""What VLMEvalKit extracts from a refusal; never a right answer."""

L2_ABBREVIATIONS = {
    "coarse_perception": "CP",
    "finegrained_perception (instance-level)": "FP-S",
    "finegrained_perception (cross-instance)": "FP-C",
    "logic_reasoning": "LR",
    "relation_reasoning": "RR",
    "attribute_reasoning": "AR",
}


@dataclasses.dataclass(frozen=True)
class Question:
    """One row of the TSV. `options` holds the non-empty ones by letter; `answer` is "" where the file has none."""

    index: int
    question: str
    hint: str
    options: dict[str, str]
    answer: str
    category: str
    l2_category: str
    split: str

    @property
    def group(self) -> int:
        """Index of the unrolled row of this question."""
        return self.index % GROUP


def read_questions(path: str | Path, need_answers: bool = True) -> list[Question]:
    """Return the rows of an MMBench TSV sorted by index, without their pictures.

    Empty cells and pandas' words for "missing" are missing, as every harness reads them. A file without a `split` column has
    the one split "none".

    Raises:
        UserError: unreadable file, missing columns, a non-numeric or repeated index, a rolled row without its base row,
            and, with `need_answers`, rows without an answer or with one that is not an option.
    """
    try:
        table = pd.read_csv(path, sep="\t", dtype=str, usecols=lambda name: name.lower() != "image")
    except FileNotFoundError:
        raise UserError(f"{path} does not exist") from None
    except (ValueError, pd.errors.ParserError) as error:
        raise UserError(
            f"{path} is not a tab-separated table: {' '.join(str(error).split())}"
        ) from None
    table.columns = [name if name in LETTERS else name.lower() for name in table.columns]
    lacking = [name for name in ("index", "question", "A", "B") if name not in table.columns]
    if lacking:
        raise UserError(
            f"{path} lacks the columns {', '.join(lacking)}; an MMBench TSV has index, question, A, B, C, D, answer, category"
        )
    if table.empty:
        raise UserError(f"{path} holds no questions")
    if need_answers and ("answer" not in table.columns or table["answer"].isna().all()):
        raise UserError(
            f"{path} has no answers: MMBench's test files are scored by upload; use the dev file"
        )
    records = table.astype(object).where(table.notna(), "").to_dict("records")
    questions = [
        _question(record, f"{path} line {line}", need_answers)
        for line, record in enumerate(records, 2)
    ]
    known: set[int] = set()
    for question in questions:
        if question.index in known:
            raise UserError(f"{path} has the index {question.index} twice")
        known.add(question.index)
    for question in questions:
        if question.group not in known:
            raise UserError(
                f"{path}: row {question.index} is a rolled form of {question.group}, which is not in the file"
            )
    return sorted(questions, key=lambda question: question.index)


def _question(record: Mapping[str, str], where: str, need_answers: bool) -> Question:
    index = record["index"].strip()
    if not re.fullmatch(r"\d{1,15}(\.0+)?", index):
        raise UserError(f"{where}: the index {index!r} is not a whole number")
    options = {letter: record[letter] for letter in LETTERS if record.get(letter)}
    answer = record.get("answer", "")
    if need_answers and answer not in options:
        raise UserError(
            f"{where}: the answer {answer!r} is not one of the options {', '.join(options)}"
        )
    return Question(
        index=int(index.partition(".")[0]),
        question=record["question"],
        hint=record.get("hint", ""),
        options=options,
        answer=answer,
        category=record.get("category", ""),
        l2_category=record.get("l2-category", ""),
        split=record.get("split", "none"),
    )


def llava_options(question: Question) -> list[str]:
    """Return the option texts that LLaVA, MGM and the kit show: A to D until the first that is missing, "nan" or "none"."""
    texts: list[str] = []
    for letter in "ABCD":
        text = question.options.get(letter, "")
        if text.lower() in ("", "nan", "none"):
            break
        texts.append(text)
    return texts


def prompt(question: Question, style: str = "llava") -> str:
    """Return the text after the image, as `llava` (also MGM and the kit), `vlmevalkit` or `lmms-eval` words it.

    Raises:
        UserError: unknown style.
    """
    listed = [f"{letter}. {text}" for letter, text in question.options.items()]
    if style == "llava":
        return multiple_choice_prompt(question.question, llava_options(question), question.hint)
    if style == "vlmevalkit":
        lines = [f"Hint: {question.hint}"] if question.hint else []
        lines.append(f"Question: {question.question}")
        if listed:
            lines += [
                "Options:",
                *listed,
                "Please select the correct answer from the options above. ",
            ]
        return "\n".join(lines) + "\n"
    if style == "lmms-eval":
        listed = [line for line in listed if line[0] in "ABCDE"]
        stem = f"{question.hint} {question.question}" if question.hint else question.question
        return "\n".join([f"{stem} There are several options:", *listed, "", LETTER_INSTRUCTION])
    raise UserError(
        f"MMBench has no prompt style {style}; its styles are: llava, vlmevalkit, lmms-eval"
    )


# --- reading a letter out of a prediction ---------------------------------------------------------------------------

_FAILED_CALL = "Failed to obtain answer via API"
_REFUSALS = (
    "Sorry, I can't help with images of people yet.",
    "I can't process this file.",
    "I'm sorry, but without the image provided",
    "Cannot determine the answer",
)
_MARKS = str.maketrans(dict.fromkeys(".()[],:;!*#{}", " "))
_ANSWER_IS = re.compile(r"answer\s+is\s+\**([ABCD])", re.IGNORECASE)
_LAST_TOKENS = 4
_LMMS_LETTERS = "ABCDE"
_LMMS_DECORATIONS = (
    ("", "."), ("", ","), ("", ":"), ("", ")"), ("", ")."), ("(", ")"),
    ("(", ")."), (":", ""), (":", ","), (":", "."), (":", ")"), (":", ")."),
)  # fmt: skip


def extract(prediction: str, options: Mapping[str, str], protocol: str) -> str | None:
    """Return the letter that `protocol` reads in `prediction`, `Z` for a refusal, None if it reads none.

    `options` are the row's texts by letter. `strict` gives the prediction itself where it is one of those letters.

    Raises:
        UserError: unknown protocol.

    Source: the rules of each harness without an LLM as judge; tests compare with their outputs, traps included.
    """
    if protocol == "strict":
        return prediction if prediction in options else None
    if protocol == "vlmevalkit":
        return _vlmevalkit_letter(prediction, options, today=True) or _text_match(
            prediction, options, guard=True
        )
    if protocol == "vlmevalkit-2024":
        return _vlmevalkit_letter(prediction, options, today=False) or _text_match(
            prediction, options, guard=False
        )
    if protocol == "lmms-eval":
        four = {letter: text for letter, text in options.items() if letter in "ABCD"}
        return _lmms_letter(prediction) or _text_match(prediction, four, guard=False)
    raise UserError(
        f"MMBench has no protocol {protocol}; its protocols are: {', '.join(PROTOCOLS)}"
    )


def _vlmevalkit_letter(prediction: str, options: Mapping[str, str], today: bool) -> str | None:
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
    elif not named and NO_ANSWER in tokens:
        return NO_ANSWER
    if today and (found := _ANSWER_IS.search(prediction)) and found.group(1).upper() in options:
        return found.group(1).upper()
    return None


def _lmms_letter(prediction: str) -> str | None:
    if _FAILED_CALL in prediction:
        return None
    tokens = prediction.split()
    named = [letter for letter in _LMMS_LETTERS if letter in tokens]
    if len(named) == 1 and not (
        named == ["A"] and len(tokens) > 3
    ):  # a lone A in a longer text may be an article
        return named[0]
    for before, after in _LMMS_DECORATIONS:
        named = [letter for letter in _LMMS_LETTERS if before + letter + after in tokens]
        if len(named) == 1:
            return named[0]
    return None


def _text_match(prediction: str, options: Mapping[str, str], guard: bool) -> str | None:
    """Return the one option whose text occurs in the prediction; `guard` refuses those over twice all options' length."""
    said = prediction.lower()
    if guard and len(said) > 2 * sum(map(len, options.values())):
        return None
    named = [letter for letter, text in options.items() if text.lower() in said]
    return named[0] if len(named) == 1 else None


# --- accuracy -------------------------------------------------------------------------------------------------------


def right_rows(
    questions: Sequence[Question], predictions: Mapping[int, str], protocol: str
) -> np.ndarray:
    """Return bool `[questions]`: the letter that `protocol` extracts is the answer.

    Raises:
        UserError: unknown protocol, or a question without prediction.
    """
    lacking = [question.index for question in questions if question.index not in predictions]
    if lacking:
        raise UserError(
            f"{len(lacking)} of {len(questions)} MMBench rows have no prediction (the first: index {lacking[0]})"
        )
    return np.array(
        [extract(predictions[q.index], q.options, protocol) == q.answer for q in questions],
        dtype=bool,
    )


def base_questions(questions: Sequence[Question]) -> list[Question]:
    """Return the unrolled rows, in order of index: one a group."""
    return [question for question in questions if question.index < GROUP]


def circular_hits(questions: Sequence[Question], right: np.ndarray) -> np.ndarray:
    """Return bool `[groups]` in the order of `base_questions`: every row of the group is right."""
    good: dict[int, bool] = {}
    for question, hit in zip(questions, right, strict=True):
        good[question.group] = good.get(question.group, True) and bool(hit)
    return np.array([good[question.index] for question in base_questions(questions)], dtype=bool)


def accuracy_table(
    questions: Sequence[Question], hits: np.ndarray
) -> dict[str, dict[str, float | None]]:
    """Return accuracy in [0, 1] by split, then `Overall`, each l2-category (abbreviated) and each category.

    Each number is the plain mean over its rows, never a mean of categories; a category that a split lacks is None.
    """
    frame = pd.DataFrame(
        {
            "split": [question.split for question in questions],
            "l2": [
                L2_ABBREVIATIONS.get(question.l2_category, question.l2_category)
                for question in questions
            ],
            "category": [question.category for question in questions],
            "hit": np.asarray(hits, dtype=float),
        }
    )
    table: dict[str, dict[str, float | None]] = {}
    for split in sorted(frame["split"].unique()):
        rows = frame[frame["split"] == split]
        table[split] = {"Overall": float(rows["hit"].mean())}
        for level in ("l2", "category"):
            means = rows.groupby(level)["hit"].mean()
            table[split] |= {
                name: float(means[name]) if name in means else None
                for name in sorted(frame[level].unique())
                if name
            }
    return table


def likelihood_choice(
    option_logprob: Mapping[str, Sequence[float]], minus_prior: bool = False
) -> str:
    """Return the letter with the highest mean log-probability a token; `minus_prior` first subtracts the prior's sum.

    Each value is `[sum, tokens, prior_sum]`: the log-probability of the option's text and end token after the
    question, its number of tokens, and its log-probability without the picture. Equal options: the first letter.
    """
    scores = {
        letter: (total - (prior if minus_prior else 0.0)) / tokens
        for letter, (total, tokens, prior) in option_logprob.items()
    }
    return max(sorted(scores), key=lambda letter: scores[letter])


def chance_levels(questions: Sequence[Question]) -> dict[str, float]:
    """Return the expected accuracy of guessing evenly: by `likelihood` (base rows), `vanilla` (all rows) and `circular`
    (all rows of a group right, which is also `strict`'s)."""
    rows: dict[int, list[float]] = {}
    for question in questions:
        rows.setdefault(question.group, []).append(1 / len(question.options))
    return {
        "likelihood": float(
            np.mean([1 / len(question.options) for question in base_questions(questions)])
        ),
        "vanilla": float(np.mean([level for levels in rows.values() for level in levels])),
        "circular": float(np.mean([math.prod(levels) for levels in rows.values()])),
    }
