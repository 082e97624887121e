"""The stored baseline: made from a score.json, refused where nothing can be divided by it."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
from support.default_settings import default_settings

from bettersynth.data.files.reading import read_json
from bettersynth.data.files.writing import write_json, write_table
from bettersynth.data.tables.items import item_table
from bettersynth.errors import UserError
from bettersynth.evaluation.scoring.baseline_scores import (
    Baseline,
    baseline_for,
    baseline_of,
    read_baseline,
    require_same_questions,
    store_baseline,
)

SCORE = {"mmbench": 40.0, "textvqa": 20.0, "mmbench_protocol": "likelihood", "seeds": 3}
FILE = Path("baseline.json")


@pytest.fixture(autouse=True)
def _in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_score_json_is_stored_as_the_baseline() -> None:
    write_json("score.json", SCORE)
    store_baseline(Path("score.json"), FILE, "the first run")
    assert read_baseline(FILE) == Baseline(40.0, 20.0, "likelihood", "the first run")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"textvqa": 0}, "textvqa is 0; a ratio needs a score above 0"),
        ({"mmbench": True}, "mmbench is True; a ratio needs"),
        ({"mmbench": "40"}, "mmbench is '40'; a ratio needs"),
        ({"things": "yes"}, "things is 'yes'; it must be true or false"),
        ({"more": 1}, "must hold exactly: mmbench, textvqa, mmbench_protocol, source"),
    ],
)
def test_what_no_ratio_can_be_taken_to_is_refused(change, message) -> None:
    stored = {name: SCORE[name] for name in ("mmbench", "textvqa", "mmbench_protocol")}
    write_json(FILE, stored | {"source": "x"} | change)
    with pytest.raises(UserError, match=message):
        read_baseline(FILE)


def item(answer: str) -> pa.Table:
    row = {"benchmark": "mmbench", "item": "1", "seed": 0, "rows": 2, "options": "beef"}
    return item_table([row | {"question": "What?", "answer": answer}])


def test_a_baseline_that_was_asked_something_else_is_none() -> None:
    write_json("score.json", SCORE)
    write_table("items.parquet", item("dog"))
    store_baseline(Path("score.json"), FILE, "the first run")
    settings = default_settings("score", baseline=FILE)
    assert baseline_for(settings, item("dog")) == read_baseline(FILE)
    assert baseline_for(settings, item("cat")) is None
    # what an older file does not say is not held against it
    write_json(FILE, read_json(FILE) | {"questions": ""})
    assert baseline_for(settings, item("cat")) == read_baseline(FILE)


def test_what_is_no_score_json_is_refused() -> None:
    with pytest.raises(UserError, match="score.json does not exist; make it with `snakemake"):
        store_baseline(Path("score.json"), FILE, "x")
    write_json("score.json", {"mmbench": 1})
    with pytest.raises(UserError, match="is not a score.json of the score step"):
        store_baseline(Path("score.json"), FILE, "x")


def test_the_settings_name_a_baseline_of_their_protocol_or_none() -> None:
    assert baseline_of(default_settings("score", baseline=None)) is None
    write_json("score.json", SCORE | {"mmbench_protocol": "circular"})
    store_baseline(Path("score.json"), FILE, "x")
    with pytest.raises(
        UserError, match="was measured by circular, score.mmbench_protocol is likelihood"
    ):
        baseline_of(default_settings("score", baseline=FILE))
    settings = default_settings("score", baseline=FILE, mmbench_protocol="circular")
    assert baseline_of(settings).mmbench == 40.0


def test_the_scores_are_not_written_over(tmp_path):
    score = tmp_path / "score.json"
    score.write_text("{}")
    with pytest.raises(UserError, match="BASELINE .* would be written over"):
        store_baseline(score, score, "itself")


def test_a_baseline_of_things_says_so_and_no_ratio_mixes_two_kinds_of_questions() -> None:
    write_json("score.json", SCORE | {"textvqa_reading": 60.0})
    store_baseline(Path("score.json"), FILE, "x")
    baseline = read_baseline(FILE)
    assert baseline.things
    require_same_questions(baseline, True, "x")
    with pytest.raises(UserError, match="x: its TextVQA asked about things between names, this"):
        require_same_questions(baseline, False, "x")
