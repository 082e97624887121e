"""Drawn sign boards come as TextVQA does, the same bytes every time."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image
from support.concept_pool import write_concept_pool
from support.default_settings import default_settings, read_changed

from bettersynth.data.files.hashing import sha256_of_file
from bettersynth.data.pictures.images import ImageStore
from bettersynth.data.questions.prompts import THING_QUESTION
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


def test_things_come_after_the_sign_boards_which_stay_as_they_were(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_concept_pool()
    build_textvqa(default_settings("benchmark.textvqa", boards=2), seed=0, processes=1)
    questions, entries = read_text_questions(), read_annotation_file()["data"]
    settings = default_settings("benchmark.textvqa", boards=2, things=3)
    build_textvqa(settings, seed=0, processes=1)
    assert read_text_questions()[:2] == questions
    assert read_annotation_file()["data"][:2] == entries
    things = read_annotation_file()["data"][2:]
    assert len(things) == len(read_text_questions()[2:]) == 3
    for entry in things:
        assert entry["question_kind"] == "thing"
        assert entry["question"] == THING_QUESTION
        # the one-word names among the benchmark's concepts
        assert set(entry["sign_words"]) <= {"apple", "bread", "cat", "cow", "owl"}
        right = [
            word for word in entry["sign_words"] if soft_accuracy(word, entry["answers"]) > 0.9
        ]
        assert len(right) == 1


def test_things_without_pictures_or_in_a_bad_number_are_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match="textvqa.things is -1; it must be from 0 to"):
        read_changed("benchmark.textvqa", things=-1)
    write_concept_pool(without="benchmark")
    settings = default_settings("benchmark.textvqa", boards=1, things=3)
    with pytest.raises(UserError, match="no benchmark pictures with a concept; set benchmark"):
        build_textvqa(settings, seed=0, processes=1)
