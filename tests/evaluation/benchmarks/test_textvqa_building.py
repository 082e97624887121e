"""Drawn sign boards come as TextVQA does, the same bytes every time."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image
from support.default_settings import default_settings, read_changed

from bettersynth.data.files.hashing import sha256_of_file
from bettersynth.data.pictures.images import ImageStore
from bettersynth.data.questions.sign_words import benchmark_words
from bettersynth.data.tables.benchmark import (
    ANNOTATIONS,
    BOARDS,
    TEXT_QUESTIONS,
    read_annotation_file,
    read_text_questions,
)
from bettersynth.errors import UserError
from bettersynth.evaluation.benchmarks.textvqa import question_of_prompt, read_annotations
from bettersynth.evaluation.benchmarks.textvqa_answers import soft_accuracy
from bettersynth.evaluation.benchmarks.textvqa_building import build_textvqa

OUTPUTS = (TEXT_QUESTIONS, ANNOTATIONS, BOARDS / "shards.json")


def test_sign_boards_come_as_textvqa_and_the_same_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    build_textvqa(default_settings("benchmark.textvqa", boards=4), seed=0, processes=1)
    questions = read_text_questions()
    annotations = read_annotation_file()
    answers = read_annotations(annotations, "annotations")
    store = ImageStore(BOARDS)
    assert len(questions) == len(answers) == len(store.names()) == 4
    for question, entry in zip(questions, annotations["data"], strict=True):
        assert set(question) == {"question_id", "image", "text", "category"}
        given = answers[question["question_id"], question_of_prompt(question["text"])]
        size = (entry["image_width"], entry["image_height"])
        assert Image.open(io.BytesIO(store.read(question["image"]))).size == size
        assert set(entry["sign_words"]) <= set(benchmark_words())
        assert max(soft_accuracy(word, given) for word in entry["sign_words"]) == 1
    first = [sha256_of_file(path) for path in OUTPUTS]
    build_textvqa(default_settings("benchmark.textvqa", boards=4), seed=0, processes=1)
    assert [sha256_of_file(path) for path in OUTPUTS] == first


def test_settings_that_cannot_be_meant_are_one_line() -> None:
    with pytest.raises(UserError, match="textvqa.boards is 0; it must be from 1 to"):
        read_changed("benchmark.textvqa", boards=0)
    with pytest.raises(UserError, match="form_share and slip_share must be at most"):
        read_changed("benchmark.textvqa", form_share=0.7, slip_share=0.4)
    with pytest.raises(
        UserError,
        match="textvqa.questions is set, "
        "benchmark.textvqa.annotations, benchmark.textvqa.images not",
    ):
        read_changed("benchmark.textvqa", questions="real.jsonl")
