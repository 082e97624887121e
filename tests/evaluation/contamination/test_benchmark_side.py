"""What the benchmarks hold."""

from __future__ import annotations

import pytest
from support.contaminated_data import QUESTION, write_contaminated

from bettersynth.evaluation.contamination.benchmark_side import (
    held_answers,
    held_pictures,
    held_questions,
)


@pytest.fixture(autouse=True)
def _in_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_contaminated()


def test_pictures_questions_and_answers_name_their_item():
    pictures = [(held.benchmark, held.item) for held in held_pictures()]
    assert pictures == [("mmbench", "7"), ("textvqa", "b.png")]
    assert held_questions() == [("What is it?", "mmbench", "7"), (QUESTION, "textvqa", "b")]
    assert held_answers() == [
        ("hot dog", "mmbench", "7"),
        ("stop", "textvqa", f"b {QUESTION.lower()}"),
    ]
