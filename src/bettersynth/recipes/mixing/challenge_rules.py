"""The Better Synth challenge's rules on stage-1 rows: the budget, and the seed set's questions."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np

from bettersynth.data.samples.llava import llava_entries, turns_of
from bettersynth.errors import UserError, require_present


def within_budget(rows: np.ndarray, budget: int | None, seed: int = 1024) -> np.ndarray:
    """Return all of `rows`, int `[rows]`, if they fit the budget, else a draw of that size.

    Source: check_sample_number.py of the challenge's kit, which calls `random.sample` after
    seeding with 1024. It draws in the data set's order, here that of the ids.
    """
    if budget is None or len(rows) <= budget:
        return rows
    return np.array(random.Random(seed).sample(rows.tolist(), budget), dtype=rows.dtype)


def read_questions(path: Path) -> dict[str, str]:
    """Return the human turn of each id of the LLaVA json that the seed set came with.

    Raises:
        UserError: no such file, no LLaVA json, or an entry without id or question.
    """
    questions: dict[str, str] = {}
    for place, entry in llava_entries(require_present(path, "mix.questions")):
        turns = turns_of(entry, place)
        if entry.get("id") is None or not turns:
            raise UserError(f"{place}: an entry needs its id and a question")
        questions[str(entry["id"])] = turns[0]["value"]
    return questions


def restored_question(sample: str, questions: dict[str, str]) -> str:
    """Return the question of a sample, verbatim.

    Raises:
        UserError: there is none.
    """
    if sample not in questions:
        raise UserError(
            f"mix.questions has no question for the sample {sample}; "
            "set it to null for questions of our own"
        )
    return questions[sample]
