"""What the benchmarks hold."""

from __future__ import annotations

import pytest
from support.contaminated_data import QUESTION, write_contaminated

from bettersynth.data.tables.benchmark import MMBENCH
from bettersynth.errors import UserError
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


@pytest.mark.parametrize("kept", [0.5, 0.99])
@pytest.mark.parametrize("held", [held_pictures, held_questions, held_answers])
def test_a_cut_benchmark_is_not_taken_for_a_smaller_one(held, kept):
    content = MMBENCH.read_bytes()
    last = content.splitlines(keepends=True)[-1]
    more = last.replace(b"7", b"8", 1)
    MMBENCH.write_bytes(content + more[: int(len(more) * kept)])
    with pytest.raises(UserError, match=r"mmbench\.tsv.* was cut.*; delete it and run `snakemake"):
        list(held())


def test_a_picture_that_is_not_base64_says_what_brings_it_back():
    content = MMBENCH.read_bytes()
    MMBENCH.write_bytes(content.replace(b"iVBOR", b"*****"))
    with pytest.raises(UserError, match=r"image of row 7 is not base64; delete it and run"):
        list(held_pictures())
