"""Measures of a trained stage 1: made once, kept by what decides them."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
from support.small_training import picture, run, small_project

from bettersynth.data.files.writing import write_table
from bettersynth.data.pictures.shard_writing import write_images
from bettersynth.data.samples.text_form import text_of_caption
from bettersynth.data.tables.benchmark import MMBENCH
from bettersynth.errors import UserError
from bettersynth.evaluation.benchmarks.mmbench import base_questions, read_questions
from bettersynth.evaluation.scoring.halves import items_of_half
from bettersynth.experiments.history.compared_runs import reader_of
from bettersynth.experiments.studies import stage_one as module
from bettersynth.experiments.studies.measures import MEASURES
from bettersynth.experiments.studies.stage_one import (
    measure_folder,
    measure_stage_one,
)
from bettersynth.settings.reading import load_params

WORDS = ("red", "car", "blue", "house", "dog", "grass", "sign", "stop")


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    folder = small_project(tmp_path_factory.mktemp("measured"))
    with pytest.MonkeyPatch.context() as patch:
        run(patch, folder, "pretrain", "0")
    names = [f"{k}.png" for k in range(8)]
    write_images(folder / "data/pool/images", [(f"{k}.png", picture(k)) for k in range(8)])
    table = {
        "id": names,
        "text": [text_of_caption(word) for word in WORDS],
        "images": [[name] for name in names],
        "concept": [""] * 8,
        "split": ["reference"] * 8,
    }
    write_table(folder / "data/pool/samples.parquet", pa.table(table))
    return folder


@pytest.fixture(autouse=True)
def here(project, monkeypatch):
    monkeypatch.chdir(project)
    monkeypatch.setattr(module, "GROUPS", 2)


def test_every_measure_is_made_once_and_kept(monkeypatch):
    folder = Path("models/pretrain/0")
    first = measure_folder(folder, load_params())
    values = first.values
    assert list(values) == list(MEASURES)
    assert values["caption_loss"] > 0
    shares = [value for name, value in values.items() if name not in ("caption_loss",)]
    assert all(-100 < share <= 1 for share in shares)
    monkeypatch.setattr(module, "Answerer", None)
    assert measure_folder(folder, load_params()) == first


def test_what_is_not_asked_for_costs_nothing_until_it_is(monkeypatch, tmp_path):
    monkeypatch.setattr(module, "scratch_folder", lambda *_: tmp_path)
    of_captions = module._of_captions
    monkeypatch.setattr(module, "_of_captions", None)
    folder = Path("models/pretrain/0")
    options = measure_folder(folder, load_params(), ["options"])
    assert list(options.values) == ["options", "options_minus_prior", "options_probability"]
    # of two to four options; a model that knows nothing gives each its share
    assert 0 < options.values["options_probability"] < 1
    assert measure_folder(folder, load_params(), ["options"]) == options
    monkeypatch.setattr(module, "_of_captions", of_captions)
    both = measure_folder(folder, load_params())
    assert list(both.values) == list(MEASURES)
    assert both.values["options"] == options.values["options"]
    assert both.asked["options"] == options.cpu_seconds(["options"])
    assert both.cpu_seconds() == pytest.approx(sum(both.asked.values()), abs=0.01)
    shares = both.values["picks_own_picture"] + both.values["options"]
    assert both.values["choices"] == shares / 2
    # more than was asked for is given where it is known
    assert measure_folder(folder, load_params(), ["captions"]) == both


def test_the_model_of_an_experiment_is_read_where_its_files_are(project):
    read = reader_of(str(project))
    assert measure_stage_one(read, 0, load_params(), "here") == measure_folder(
        Path("models/pretrain/0"), load_params()
    )
    with pytest.raises(UserError, match="here has no models/pretrain/7/projector.safetensors"):
        measure_stage_one(read, 7, load_params(), "here")


def test_a_missing_benchmark_is_told_with_the_command_that_makes_it(tmp_path, monkeypatch):
    params = load_params()
    folder = Path("models/pretrain/0").resolve()
    decoder = Path("models/decoder").resolve()
    monkeypatch.chdir(tmp_path)
    params["model"]["language_model"] = str(decoder)
    with pytest.raises(UserError, match="data/features/index.parquet does not exist; run"):
        measure_folder(folder, params)


def test_mmbench_is_asked_of_the_seen_half_alone(monkeypatch, tmp_path):
    asked = []
    add_likelihoods = module.add_likelihoods

    def noted(records, answerer, questions, pictures):
        asked.extend(str(question.index) for question in questions)
        add_likelihoods(records, answerer, questions, pictures)

    monkeypatch.setattr(module, "add_likelihoods", noted)
    monkeypatch.setattr(module, "scratch_folder", lambda *_: tmp_path)
    measured = measure_folder(Path("models/pretrain/0"), load_params())
    every = [str(question.index) for question in base_questions(read_questions(MMBENCH))]
    # as the items of a scored run name them: each question here has a picture of its own
    columns = {"benchmark": ["mmbench"] * 4, "category": ["objects"] * 4}
    items = pa.table(columns | {"item": every, "picture": every})
    assert every == ["0", "1", "2", "3"]
    assert asked == items_of_half(items, "seen")["item"].to_pylist()
    assert len(asked) == 2
    # two questions: nothing between none, one and both right
    assert measured.values["options"] in (0.0, 0.5, 1.0)
