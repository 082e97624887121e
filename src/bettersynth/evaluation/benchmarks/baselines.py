"""What a benchmark gives for nothing, in [0, 1]: guessing, the longest option, copying an OCR
token.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from bettersynth.data.questions.prompts import OCR_PREFIX
from bettersynth.evaluation.benchmarks.mmbench import L2_ABBREVIATIONS, Question, base_questions
from bettersynth.evaluation.benchmarks.mmbench_accuracy import chance_levels, circular_hits
from bettersynth.evaluation.benchmarks.textvqa import question_key, question_of_prompt
from bettersynth.evaluation.benchmarks.textvqa_answers import normalize_answer, soft_accuracy
from bettersynth.evaluation.benchmarks.textvqa_parts import HEADLINE, READING, kind_of, text_parts


def mmbench_baselines(questions: Sequence[Question]) -> dict[str, Any]:
    """Return the chance levels, and the share that always taking the longest option gets right.

    `longest_option` is over the base rows; ties count in part. `groups` holds the number of
    questions and the likelihood protocol's chance level of each l2-category (abbreviated), `blind`
    what rules that see no picture get, by rule and protocol (`_blind_rules`).
    """
    base = base_questions(questions)
    chance_of_group: dict[str, list[float]] = {}
    for question in base:
        name = L2_ABBREVIATIONS.get(question.l2_category, question.l2_category)
        chance_of_group.setdefault(name, []).append(1 / len(question.options))
    groups = {}
    for name, chances in sorted(chance_of_group.items()):
        groups[name] = {"questions": len(chances), "chance": float(np.mean(chances))}
    return {
        "questions": len(base),
        "rows": len(questions),
        "chance": chance_levels(questions),
        "longest_option": float(np.mean([_longest_is_right(question) for question in base])),
        "groups": groups,
        "blind": _blind_rules(questions),
    }


def _blind_rules(questions: Sequence[Question]) -> dict[str, dict[str, float]]:
    """Return what each rule gets as `likelihood` (base rows), `vanilla` and `circular`.

    * `any_option_kept`: one option drawn evenly, and the same one in all rolled forms;
    * `longest_option`: ties are broken evenly, and alike in all rolled forms;
    * `first_option`, `last_option`: by place, whatever stands there;
    * `majority_letter`: the letter that is right most often in the file.
    """
    base = base_questions(questions)
    any_option = {question.index: 1 / len(question.options) for question in base}
    longest = {question.index: _longest_is_right(question) for question in base}
    rules = {
        "any_option_kept": _by_text(questions, any_option),
        "longest_option": _by_text(questions, longest),
    }
    answers = Counter(question.answer for question in questions)
    most_frequent = min(answers, key=lambda letter: (-answers[letter], letter))
    for name, letters in (
        ("first_option", [min(question.options) for question in questions]),
        ("last_option", [max(question.options) for question in questions]),
        ("majority_letter", [most_frequent] * len(questions)),
    ):
        rules[name] = _by_letter(questions, letters)
    return rules


def _by_text(questions: Sequence[Question], share_right: Mapping[int, float]) -> dict[str, float]:
    """Return the levels of a rule that keeps to an option's text; shares are by base index."""
    rolled = [share_right[question.group] for question in questions]
    share = float(np.mean(list(share_right.values())))
    # it picks the same text in every form, so all forms are right together
    return {"likelihood": share, "vanilla": float(np.mean(rolled)), "circular": share}


def _by_letter(questions: Sequence[Question], letters: Sequence[str]) -> dict[str, float]:
    """Return the levels of a rule that names a letter for each row."""
    hits = []
    for question, letter in zip(questions, letters, strict=True):
        hits.append(letter == question.answer)
    right = np.array(hits, dtype=bool)
    is_base = np.array([question.index == question.group for question in questions])
    return {
        "likelihood": float(right[is_base].mean()),
        "vanilla": float(right.mean()),
        "circular": float(circular_hits(questions, right).mean()),
    }


def _longest_is_right(question: Question) -> float:
    longest = max(map(len, question.options.values()))
    letters = [letter for letter, text in question.options.items() if len(text) == longest]
    # ties are broken evenly
    return (question.answer in letters) / len(letters)


def listed_tokens(prompt: str) -> list[str]:
    """Return the OCR tokens that a TextVQA prompt lists."""
    for line in prompt.split("\n"):
        if line.startswith(OCR_PREFIX):
            tokens = line.removeprefix(OCR_PREFIX).strip().split(", ")
            return [token for token in tokens if token]
    return []


def textvqa_baselines(
    questions: Sequence[Mapping[str, Any]], annotations: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """Return mean soft accuracies of answers that need no picture.

    They are over the headline's questions (`text_parts`); those of reading (`reading`), where they
    are scored apart, and each question kind (`kinds`) have levels of their own. `questions` are
    LLaVA's (`question_id`, `text`), `annotations` TextVQA's (`image_id`, `question`, ten
    `answers`). Without tokens the answer is empty. The measures:

    * `any_listed_token`: the expectation of one token drawn evenly;
    * `first_listed_token`, `last_listed_token`, `longest_listed_token` (of equal ones the first);
    * `majority_answer`: to every question the answer that most questions of its score have;
    * `best_listed_token`: the most that copying a token can reach;
    * `place_rule`: the first token if the question says "top", the last if "bottom", else any: what
      copying reaches on sign boards without a look at the picture;
    * `consensus`: the annotators' most frequent answer, the most that any answer can reach.
    """
    entries = {question_key(entry): entry for entry in annotations}
    parts = text_parts([kind_of(entry) for entry in entries.values()])
    part_of = dict(zip(entries, parts, strict=True))
    majority = {}
    for part in set(parts):
        of_part = [entry for key, entry in entries.items() if part_of[key] == part]
        majority[part] = _majority(of_part)
    measures_of: dict[str, list[dict[str, float]]] = {}
    measures_of_kind: dict[str, list[dict[str, float]]] = {}
    for question in questions:
        key = str(question["question_id"]), question_of_prompt(question["text"])
        entry = entries[key]
        answers = _answers(entry)
        # without tokens there is nothing to copy: the answer is empty
        tokens = listed_tokens(question["text"]) or [""]
        scores = [soft_accuracy(token, answers) for token in tokens]
        measures = _measures(str(entry["question"]), scores, answers)
        longest = max(range(len(tokens)), key=lambda place: len(tokens[place]))
        measures["longest_listed_token"] = scores[longest]
        measures["majority_answer"] = soft_accuracy(majority[part_of[key]], answers)
        measures_of.setdefault(part_of[key], []).append(measures)
        # the real TextVQA has no kinds
        if kind := kind_of(entry):
            measures_of_kind.setdefault(kind, []).append(measures)
    levels = _means(measures_of[HEADLINE])
    if READING in measures_of:
        levels["reading"] = _means(measures_of[READING])
    if measures_of_kind:
        levels["kinds"] = {kind: _means(rows) for kind, rows in sorted(measures_of_kind.items())}
    return levels


def _majority(entries: Sequence[Mapping[str, Any]]) -> str:
    """Return the answer that most of these questions have; of equally frequent the first by name"""
    consensuses = Counter(_consensus(_answers(entry)) for entry in entries)
    return min(consensuses, key=lambda answer: (-consensuses[answer], answer))


def _means(rows: Sequence[Mapping[str, float]]) -> dict[str, Any]:
    means: dict[str, Any] = {"questions": len(rows)}
    for name in rows[0]:
        means[name] = float(np.mean([row[name] for row in rows]))
    return means


def _measures(question: str, scores: Sequence[float], answers: Sequence[str]) -> dict[str, float]:
    """Return one question's measures; `scores` are those of its listed tokens, in order."""
    words = question.lower().split()
    mean = float(np.mean(scores))
    by_place = mean
    if "top" in words:
        by_place = scores[0]
    elif "bottom" in words:
        by_place = scores[-1]
    return {
        "any_listed_token": mean,
        "first_listed_token": scores[0],
        "last_listed_token": scores[-1],
        "place_rule": by_place,
        "best_listed_token": max(scores),
        "consensus": soft_accuracy(_consensus(answers), answers),
    }


def _answers(entry: Mapping[str, Any]) -> list[str]:
    return [str(answer) for answer in entry["answers"]]


def _consensus(answers: Sequence[str]) -> str:
    # answers that are equal once normalised are one answer to the scorer
    return Counter(map(normalize_answer, answers)).most_common(1)[0][0]
