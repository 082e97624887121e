"""The Better Synth challenge's rules on stage-1 rows: the budget and its sampling, and the questions that the seed set came with."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np

from bettersynth.data.files.reading import read_json
from bettersynth.errors import UserError, require_present


def within_budget(rows: np.ndarray, budget: int | None, seed: int = 1024) -> np.ndarray:
    """Return all rows if they fit the budget, else those that the challenge's script draws: `random.sample` after seeding.

    Source: check_sample_number.py of the challenge's kit (seed 1024). It draws in the data set's order, here that of the ids.
    """
    if budget is None or len(rows) <= budget:
        return rows
    return np.array(random.Random(seed).sample(rows.tolist(), budget), dtype=rows.dtype)


def read_questions(path: Path) -> dict[str, str]:
    """Return the human turn of each id of the LLaVA json that the seed set came with.

    Raises:
        UserError: no such file, no JSON list, or an entry without id or question.
    """
    require_present(path, "mix.questions")
    try:
        return {str(row["id"]): str(row["conversations"][0]["value"]) for row in read_json(path)}
    except (KeyError, IndexError, TypeError):
        raise UserError(
            f"{path} must be a LLaVA json: a list of entries with id and conversations"
        ) from None


def restored_question(sample: str, questions: dict[str, str]) -> str:
    """Return the question of a sample, verbatim.

    Raises:
        UserError: there is none.
    """
    if sample not in questions:
        raise UserError(
            f"mix.questions has no question for the sample {sample}; set it to null for questions of our own"
        )
    return questions[sample]
