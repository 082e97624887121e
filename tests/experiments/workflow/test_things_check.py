"""Things that must be seen are refused before the first stage where they cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.default_settings import default_settings

from bettersynth.data.files.writing import write_json
from bettersynth.errors import UserError
from bettersynth.experiments.workflow.things_check import require_things
from bettersynth.settings.score import ScoreSettings

FILE = Path("baseline.json")
STORED = {"mmbench": 40.0, "textvqa": 20.0, "mmbench_protocol": "likelihood", "source": "x"}


@pytest.fixture(autouse=True)
def _in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def check(score: ScoreSettings, things: int, embedded: bool = True, **textvqa: str) -> None:
    text = default_settings("benchmark.textvqa", things=things, **textvqa)
    benchmark = default_settings("benchmark", textvqa=text)
    source = default_settings("source", name="jsonl", embedded=embedded)
    require_things(benchmark, default_settings("instruction"), source, score)


def test_a_stored_baseline_that_answered_other_questions_is_refused() -> None:
    score = default_settings("score", baseline=FILE)
    write_json(FILE, STORED)
    check(score, 0)
    with pytest.raises(UserError, match="score.baseline is baseline.json: its TextVQA asked about"):
        check(score, 6)
    check(score, 6, questions="q", annotations="a", images="i")
    check(default_settings("score", baseline=None), 6)
    write_json(FILE, STORED | {"things": True})
    check(score, 6)
    with pytest.raises(UserError, match="this run's asks about words on signs"):
        check(score, 0)


def test_a_baseline_that_is_not_there_or_of_another_protocol_is_refused() -> None:
    with pytest.raises(UserError, match="baseline.json does not exist; store one with"):
        check(default_settings("score", baseline=FILE), 0)
    write_json(FILE, STORED)
    score = default_settings("score", baseline=FILE, mmbench_protocol="vanilla")
    for textvqa in ({}, {"questions": "q", "annotations": "a", "images": "i"}):
        with pytest.raises(UserError, match="was measured by likelihood, .* is vanilla"):
            check(score, 0, **textvqa)


def test_without_packages_there_is_no_thing_to_draw() -> None:
    none = default_settings("score", baseline=None)
    check(none, 0, embedded=False)
    with pytest.raises(UserError, match="benchmark.textvqa.things is 6, but without packages"):
        check(none, 6, embedded=False)
    source = default_settings("source", name="jsonl", embedded=False)
    instruction = default_settings("instruction", things=8)
    with pytest.raises(UserError, match="set instruction.things to 0, or source.embedded to true"):
        require_things(default_settings("benchmark"), instruction, source, none)
