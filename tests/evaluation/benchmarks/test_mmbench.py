"""Reading MMBench's TSV, and its prompts against those of VLMEvalKit, lmms-eval and LLaVA
(tests/fixtures/mmbench).
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.no_files import NO_FILES, put

from bettersynth.errors import UserError
from bettersynth.evaluation.benchmarks.mmbench import base_questions, prompt, read_questions

FIXTURES = Path(__file__).parents[2] / "fixtures/mmbench"
QUESTIONS = read_questions(FIXTURES / "mmbench_synth.tsv")


@pytest.mark.parametrize(
    ("style", "key"),
    [("llava", "llava_text"), ("vlmevalkit", "vlmeval_text"), ("lmms-eval", "lmms_text")],
)
def test_prompts_equal_each_harness(style: str, key: str) -> None:
    rows = {question.index: question for question in QUESTIONS}
    for case in json.loads((FIXTURES / "prompts.json").read_text(encoding="utf-8")):
        assert prompt(rows[case["index"]], style) == case[key]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("index\tquestion\tA\tB\tanswer\n1\tq\tx\ty\tA\n1\tq\ty\tx\tB\n", "has the index 1 twice"),
        (
            "index\tquestion\tA\tB\tanswer\none\tq\tx\ty\tA\n",
            "line 2: the index 'one' is not a whole number",
        ),
        (
            f"index\tquestion\tA\tB\tanswer\n{'9' * 400}\tq\tx\ty\tA\n",
            "line 2: the index '9+' is not a whole number",
        ),
        (
            "index\tquestion\tA\tB\tanswer\n1\tq\tx\ty\tC\n",
            "line 2: the answer 'C' is not one of the options A, B",
        ),
        (
            "index\tquestion\tA\tB\n1\tq\tx\ty\n",
            "has no answers: MMBench's test files are scored by upload",
        ),
        (
            "index\tquestion\tA\tB\tanswer\n1000001\tq\tx\ty\tA\n",
            "row 1000001 is a rolled form of 1, which is not in the file",
        ),
        (
            "index\tquestion\tA\tB\tA\tanswer\n1\tq\tx\ty\tx\tA\n",
            "has two columns A; only one can be meant",
        ),
        (
            "index\tquestion\tA\tB\tanswer\tAnswer\n1\tq\tx\ty\tA\tB\n",
            "has two columns answer; only one can be meant",
        ),
        (
            "index\tquestion\tA\tB\tanswer\timage\tsplit\n1\tq\tx\ty\tA\tabcd\n",
            "line 2 has 6 of 7 columns: the file was cut",
        ),
        ("index\tquestion\tA\tB\tanswer\n1\tq\tx\ty\tA", "was cut: its last line has no end"),
        ("number\tquestion\tA\tB\n1\tq\tx\ty\n", "lacks the columns index;"),
        ("index\tquestion\tA\tB\tanswer\n", "holds no questions"),
    ],
)
def test_a_file_that_cannot_be_scored_is_one_clear_error(
    tmp_path: Path, text: str, message: str
) -> None:
    file = tmp_path / "questions.tsv"
    file.write_text(text)
    with pytest.raises(UserError, match=message):
        read_questions(file)


def test_questions_come_sorted_and_the_base_rows_are_one_a_group() -> None:
    indices = [question.index for question in QUESTIONS]
    assert indices == sorted(indices)
    base = base_questions(QUESTIONS)
    assert [question.index for question in base] == sorted({q.group for q in QUESTIONS})


def test_an_unknown_prompt_style_is_named() -> None:
    with pytest.raises(UserError, match="no prompt style gpt; its styles are: llava, vlmevalkit"):
        prompt(QUESTIONS[0], "gpt")


@pytest.mark.parametrize("text", ["None", "NA", "nan", "null"])
def test_an_option_may_be_any_word_but_such_a_hint_is_none(tmp_path: Path, text: str) -> None:
    file = tmp_path / "questions.tsv"
    file.write_text(f"index\tquestion\thint\tA\tB\tanswer\n1\tq\t{text}\tx\t{text}\tB\n")
    (question,) = read_questions(file)
    assert question.options == {"A": "x", "B": text}
    for style in ("llava", "vlmevalkit", "lmms-eval"):
        assert not prompt(question, style).startswith((text, "Hint"))


@pytest.mark.parametrize("kind", NO_FILES)
def test_questions_that_are_no_file_are_told_as_what_they_are(tmp_path: Path, kind: str) -> None:
    put(kind, tmp_path / "dev.tsv")
    with pytest.raises(UserError, match=f"dev.tsv is {NO_FILES[kind]}"):
        read_questions(tmp_path / "dev.tsv")


def test_questions_of_another_encoding_are_told_with_what_makes_them_utf8(tmp_path: Path) -> None:
    (tmp_path / "dev.tsv").write_text("index\tquestion\n", encoding="utf-16")
    with pytest.raises(UserError, match="dev.tsv is UTF-16 text; it must be UTF-8: `iconv -f UTF"):
        read_questions(tmp_path / "dev.tsv")
