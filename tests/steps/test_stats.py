from __future__ import annotations

import sys
from pathlib import Path

import pytest
from support.small_pool import write_params, write_pool

from bettersynth.data.files.hashing import sha256_of_bytes
from bettersynth.data.files.reading import read_table
from bettersynth.data.samples import batch as batches
from bettersynth.data.samples.batch import Batch
from bettersynth.errors import UserError
from bettersynth.operators import image_quality_filter, image_shape_filter
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


PICTURES = {"image_quality_filter": {}, "image_subplot_filter": {}, "image_face_count_filter": {}}


@pytest.fixture
def decoded(monkeypatch):
    """The pictures that were decoded."""
    calls = []
    decode = batches.decode_image

    def counting(data, *rest):
        calls.append(sha256_of_bytes(data))
        return decode(data, *rest)

    monkeypatch.setattr(batches, "decode_image", counting)
    return calls


def bytes_of_stats(names):
    return {name: Path(f"data/stats/{name}.parquet").read_bytes() for name in names}


def test_stages_one_after_another_decode_each_picture_once_and_write_the_same_bytes(
    monkeypatch, decoded, tmp_path, capsys
):
    write_pool(["one"] * 5, seeds=list(range(5)))
    # each as its own project would: no other rule in the section
    for name in PICTURES:
        write_params(stats={name: {}})
        monkeypatch.setenv("BETTERSYNTH_CACHE", str(tmp_path / name))
        run_stats(monkeypatch, name)
    alone = bytes_of_stats(PICTURES)
    assert len(decoded) == 15
    decoded.clear()
    write_params(stats=PICTURES)
    monkeypatch.setenv("BETTERSYNTH_CACHE", str(tmp_path / "together"))
    capsys.readouterr()
    for name in PICTURES:
        run_stats(monkeypatch, name)
    assert len(decoded) == len(set(decoded)) == 5
    assert bytes_of_stats(PICTURES) == alone
    first, *others = capsys.readouterr().out.splitlines()
    assert "image_quality_filter: 5 samples" in first
    assert "10 values of other stats on the way" in first
    assert not any("on the way" in line for line in others)


def test_a_wrong_setting_of_another_stat_ends_its_own_stage_alone(monkeypatch):
    write_pool(["one", "two"])
    broken = {"image_subplot_filter": {"min_lines": 3}, "no_such_filter": {}}
    write_params(stats={"image_quality_filter": {}, **broken, "image_face_count_filter": {}})
    run_stats(monkeypatch, "image_quality_filter")
    run_stats(monkeypatch, "image_face_count_filter")
    with pytest.raises(UserError, match="has no setting min_lines"):
        run_stats(monkeypatch, "image_subplot_filter")


def test_a_stage_that_was_killed_has_carried_what_it_scored(monkeypatch, decoded):
    write_pool(["one"] * 6, seeds=list(range(6)))
    write_params(stats=PICTURES)
    monkeypatch.setattr("bettersynth.measuring.measure.BATCH", 2)
    real = image_quality_filter.measure
    turns = []

    def dies_at_the_third(batch, settings):
        turns.append(1)
        if len(turns) == 3:
            raise KeyboardInterrupt
        return real(batch, settings)

    monkeypatch.setattr(image_quality_filter, "measure", dies_at_the_third)
    with pytest.raises(KeyboardInterrupt):
        run_stats(monkeypatch, "image_quality_filter")
    monkeypatch.setattr(image_quality_filter, "measure", real)
    assert len(decoded) == 4
    for name in PICTURES:
        run_stats(monkeypatch, name)
    assert len(decoded) == len(set(decoded)) == 6
