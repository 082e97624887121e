"""Whose answers the cache holds."""

from bettersynth.data.files.code_digest import code_files
from bettersynth.measuring.answer_identity import CACHE_NAME, answers_code
from bettersynth.operators import operator_names


def test_answers_are_no_operators_and_know_the_code_of_the_model():
    assert CACHE_NAME not in operator_names()
    assert len(answers_code()) == 16
    files = {path.name for path in code_files("bettersynth.models.answering.asked_model")}
    assert {"generation.py", "mini_gemini.py", "splicing.py"} <= files
