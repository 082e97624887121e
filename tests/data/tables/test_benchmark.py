"""The benchmarks' files come back as they were written."""

from __future__ import annotations

from pathlib import Path

import pytest

from bettersynth.data.tables import benchmark
from bettersynth.errors import UserError


@pytest.fixture(autouse=True)
def _in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_mmbench_is_a_tsv_with_every_column() -> None:
    benchmark.write_mmbench([dict.fromkeys(benchmark.MMBENCH_COLUMNS, "") | {"index": 1}])
    header, row = benchmark.MMBENCH.read_text().splitlines()
    assert header.split("\t") == list(benchmark.MMBENCH_COLUMNS)
    assert row.split("\t")[0] == "1"
    with pytest.raises(ValueError, match="extra"):
        benchmark.write_mmbench([{"extra": 1}])


def test_questions_keep_characters_that_end_a_line_elsewhere() -> None:
    common = {"question_id": "a", "image": "a.png"}
    questions = [common | {"text": "one\u2028two\nthree"}, common | {"text": "four"}]
    benchmark.write_text_questions(questions)
    assert benchmark.read_text_questions() == questions
    raw = '{"question_id": "a", "image": "a.png", "text": "one\u2028two"}\r\n\n'
    benchmark.TEXT_QUESTIONS.write_bytes(raw.encode())
    assert benchmark.read_text_questions() == [common | {"text": "one\u2028two"}]
    benchmark.TEXT_QUESTIONS.write_text('{"question_id": "a", "text": "one"}\n')
    with pytest.raises(UserError, match=r"textvqa\.jsonl row 1 lacks image; delete it and run"):
        benchmark.read_text_questions()


def test_annotations_have_textvqas_header() -> None:
    benchmark.write_annotations([{"question": "Why?"}])
    content = benchmark.read_annotation_file()
    assert content["dataset_version"] == "0.5.1"
    assert content["data"] == [{"question": "Why?"}]


def test_levels_come_back() -> None:
    levels = {"mmbench": {"chance": 0.25}, "textvqa": {}}
    benchmark.write_baselines(levels)
    assert benchmark.read_baselines() == levels
