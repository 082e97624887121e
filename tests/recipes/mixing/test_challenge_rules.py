from __future__ import annotations

import random

import numpy as np
import pytest

from bettersynth.errors import UserError
from bettersynth.recipes.mixing.challenge_rules import (
    read_questions,
    restored_question,
    within_budget,
)


def test_the_challenges_sampling_is_pythons_with_seed_1024():
    rows = np.arange(1000)
    random.seed(1024)
    assert within_budget(rows, 200).tolist() == random.sample(list(range(1000)), 200)
    assert within_budget(rows, 1000) is rows
    assert within_budget(rows, None) is rows


def test_a_sample_gets_its_own_question_back_and_an_unknown_one_is_named(tmp_path):
    path = tmp_path / "stage_1.json"
    path.write_text(
        '[{"id": "7", "conversations": [{"from": "human", "value": "Say it in short.\\n<image>"}]}]'
    )
    questions = read_questions(path)
    assert restored_question("7", questions) == "Say it in short.\n<image>"
    with pytest.raises(UserError, match="no question for the sample 8"):
        restored_question("8", questions)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[", "not valid JSON"),
        ('[{"id": 1}]', "entry 1: conversations must be a list"),
        ('[{"id": 1, "conversations": []}]', "entry 1: an entry needs its id and a question"),
        ("3", r"must hold a list of entries \(LLaVA json\)"),
        ("[]", "holds no entries"),
    ],
)
def test_a_broken_questions_file_is_one_clear_error(tmp_path, text, message):
    path = tmp_path / "stage_1.json"
    path.write_text(text)
    with pytest.raises(UserError, match=message):
        read_questions(path)


def test_a_missing_questions_file_points_to_the_list_of_needed_files(tmp_path):
    with pytest.raises(UserError, match=r"mix\.questions\) does not exist; `bettersynth models`"):
        read_questions(tmp_path / "none.json")
