from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import yaml
from support.small_run import dataset, run

from bettersynth.errors import UserError
from bettersynth.recipes.engine.exporting import with_fields
from bettersynth.recipes.engine.run import run_recipe

LONG = [{"words_num_filter": {"min_num": 2}}]


@pytest.fixture(autouse=True)
def _in_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    dataset([{"text": "one two", "images": []}, {"text": "one"}, {"text": "one two three"}])


def export(**settings):
    recipe = {"dataset_path": "data.jsonl", "process": LONG, **settings}
    Path("recipe.yaml").write_text(yaml.safe_dump(recipe))
    run_recipe(Path("recipe.yaml"))


def test_json_and_parquet_hold_the_rows_and_stats_stand_beside_them():
    export(export_path="out.json")
    assert [row["text"] for row in json.loads(Path("out.json").read_text())] == [
        "one two",
        "one two three",
    ]
    export(export_path="out.parquet", keep_stats_in_res_ds=True)
    rows = pq.read_table("out.parquet").to_pylist()
    assert [row["__dj__stats__"] for row in rows] == [{"num_words": 2}, {"num_words": 3}]
    stats = [json.loads(line) for line in Path("out_stats.jsonl").read_text().splitlines()]
    assert [row["__dj__stats__"]["num_words"] for row in stats] == [2, 3]


def test_shards_hold_about_as_many_bytes_as_asked_for(capsys):
    export(export_path="out.jsonl", export_shard_size=40)
    shards = ["out-00-of-02.jsonl", "out-01-of-02.jsonl"]
    assert [len(Path(shard).read_text().splitlines()) for shard in shards] == [1, 1]
    assert not Path("out.jsonl").exists()
    assert "2 rows in 2 files, out-00-of-02.jsonl to out-01-of-02.jsonl" in capsys.readouterr().out


def test_a_shard_that_is_read_is_not_written_over():
    Path("data.jsonl").rename("out-00-of-02.jsonl")
    with pytest.raises(UserError, match=r"the shard out-00-of-02.jsonl of export_path"):
        export(dataset_path="out-00-of-02.jsonl", export_path="out.jsonl", export_shard_size=40)


def test_what_parquet_cannot_hold_is_one_line_and_leaves_nothing():
    dataset([{"text": "one two", "n": 1}, {"text": "one two", "n": "x"}])
    with pytest.raises(UserError, match="the field n has values that one column of parquet"):
        export(export_path="out.parquet")
    assert not Path("out.parquet").exists()
    assert not Path("out_stats.jsonl").exists()


def test_a_tar_that_was_written_is_read_again():
    export(export_path="out.tar")
    rows = run(LONG, dataset_path="out.tar")
    assert [row["text"] for row in rows] == ["one two", "one two three"]


@pytest.mark.parametrize(
    ("row", "expected"),
    [(b'{"a": 1.50}', b'{"a": 1.50, "b": 2}'), (b"{ } ", b'{"b": 2}')],
)
def test_fields_go_to_the_end_of_a_row_that_stays_as_it_is(row, expected):
    assert with_fields(row, {"b": 2}) == expected
    assert with_fields(row, {}) == row


@pytest.mark.parametrize("path", ["out/o.jsonl", "out/deep/o.jsonl", "link/o.jsonl"])
def test_a_file_in_the_place_of_the_exports_folder_is_told(path):
    Path("out").write_text("mine")
    Path("link").symlink_to("gone")
    named = path.split("/")[0]
    message = f"export_path {path}: {named} is no folder; move it away, or name another folder"
    with pytest.raises(UserError, match=message):
        export(export_path=path)
    assert Path("out").read_text() == "mine"
