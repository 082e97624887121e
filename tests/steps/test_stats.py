from __future__ import annotations

import sys

import pytest
from support.small_pool import write_params, write_pool

from bettersynth.data.files.reading import read_table
from bettersynth.data.samples.batch import Batch
from bettersynth.errors import UserError
from bettersynth.operators import image_shape_filter
from bettersynth.steps import stats


@pytest.fixture(autouse=True)
def _in_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def run_stats(monkeypatch, name):
    monkeypatch.setattr(sys, "argv", ["stats", name])
    stats.main()


def test_stats_of_the_pool_rows_only_in_their_order(monkeypatch):
    ids = write_pool(["one", "two words", "three short words"])
    write_params(stats={"words_num_filter": {}})
    run_stats(monkeypatch, "words_num_filter")
    table = read_table("data/stats/words_num_filter.parquet")
    assert table["id"].to_pylist() == ids
    assert table["num_words"].to_pylist() == [3, 4, 5]


def test_two_runs_write_the_same_bytes_and_the_second_measures_nothing(monkeypatch, tmp_path):
    write_pool(["one", "two"])
    write_params(stats={"image_shape_filter": {}})
    run_stats(monkeypatch, "image_shape_filter")
    first = (tmp_path / "data/stats/image_shape_filter.parquet").read_bytes()
    measured: list[int] = []
    monkeypatch.setattr(
        image_shape_filter, "measure", counting(image_shape_filter.measure, measured)
    )
    run_stats(monkeypatch, "image_shape_filter")
    assert (tmp_path / "data/stats/image_shape_filter.parquet").read_bytes() == first
    assert sum(measured) == 0


def counting(measure, measured):
    def counted(batch: Batch, settings):
        measured.append(len(batch))
        return measure(batch, settings)

    return counted


def test_a_killed_run_keeps_what_it_scored(monkeypatch):
    write_pool(["one"] * 7, seeds=list(range(7)))
    write_params(stats={"image_shape_filter": {}})
    monkeypatch.setattr("bettersynth.measuring.measure.BATCH", 2)
    measured: list[int] = []
    real = image_shape_filter.measure

    def dies_at_the_third(batch, settings):
        if sum(measured) >= 4:
            raise KeyboardInterrupt
        return counting(real, measured)(batch, settings)

    monkeypatch.setattr(image_shape_filter, "measure", dies_at_the_third)
    with pytest.raises(KeyboardInterrupt):
        run_stats(monkeypatch, "image_shape_filter")
    measured.clear()
    monkeypatch.setattr(image_shape_filter, "measure", counting(real, measured))
    run_stats(monkeypatch, "image_shape_filter")
    assert sum(measured) == 3


def test_an_operator_that_the_params_lack_is_named_with_those_they_hold(monkeypatch):
    write_params(stats={"words_num_filter": {}})
    with pytest.raises(
        UserError,
        match="stats has no stat text_length_filter; its stats are: words_num_filter",
    ):
        run_stats(monkeypatch, "text_length_filter")


def test_a_deciding_setting_is_no_measuring_setting(monkeypatch):
    write_params(stats={"words_num_filter": {"min_num": 3}})
    with pytest.raises(
        UserError, match="has no setting min_num; its settings are: lang, tokenization, tokenizer"
    ):
        run_stats(monkeypatch, "words_num_filter")


def test_as_a_stage_the_step_measures_what_dvc_names(monkeypatch):
    write_pool(["one", "two words"])
    write_params(stats={"zh": {"operator": "words_num_filter"}, "x; y": {}})
    monkeypatch.setattr(sys, "argv", ["stats"])
    monkeypatch.setenv("DVC_STAGE", "stats@zh")
    stats.main()
    assert read_table("data/stats/zh.parquet").column_names == ["id", "num_words#zh"]
    monkeypatch.setenv("DVC_STAGE", "stats@x; y")
    with pytest.raises(UserError, match="stats.x; y: a stat with a name of its own says its oper"):
        stats.main()
    monkeypatch.delenv("DVC_STAGE")
    with pytest.raises(UserError, match="name one stat"):
        stats.main()
