from __future__ import annotations

import json
import tarfile
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from support.row_files import PNG, rows_of

from bettersynth.data.row_files.writing import (
    columns_of,
    kind_of,
    older_shards,
    shard_paths,
    shard_sizes,
    write_rows,
)
from bettersynth.data.samples.sample_rows import RowForm
from bettersynth.errors import UserError

ROWS = [
    {"text": "a", "images": [], "n": 1, "meta": {}},
    {"text": "b", "images": ["x.png"], "n": 1.5, "tags": ["t"]},
    {"text": "c", "images": [], "n": None, "tags": []},
]


def write(path: Path, kind: str, sizes=(), rows=ROWS) -> list[Path]:
    contents = [json.dumps(row).encode() for row in rows]
    columns = columns_of(contents) if kind == "parquet" else None
    return write_rows(path, kind, sizes, contents, RowForm(), columns)


@pytest.mark.parametrize("kind", ["jsonl", "json"])
def test_rows_of_words_are_the_same_as_before(tmp_path, kind):
    path = tmp_path / f"out.{kind}"
    assert write(path, kind) == [path]
    assert rows_of(path) == ROWS
    write(path, kind, rows=[])
    assert path.read_text().strip() == ("[]" if kind == "json" else "")


def test_columns_of_parquet_hold_every_row(tmp_path):
    path = tmp_path / "out.parquet"
    write(path, "parquet")
    assert pq.read_table(path).to_pylist() == [
        {"text": "a", "images": [], "n": 1.0, "meta": None, "tags": None},
        {"text": "b", "images": ["x.png"], "n": 1.5, "meta": None, "tags": ["t"]},
        {"text": "c", "images": [], "n": None, "meta": None, "tags": []},
    ]
    write(path, "parquet", rows=[])
    assert pq.read_metadata(path).num_rows == 0


@pytest.mark.parametrize("values", [["a", 1], [2**70], [[1, "x"]], [{"b": 1}, {"b": "c"}]])
def test_a_field_that_no_column_can_hold_is_named_and_nothing_is_written(tmp_path, values):
    with pytest.raises(UserError, match="the field odd has values that one column"):
        write(tmp_path / "out.parquet", "parquet", rows=[{"odd": value} for value in values])
    assert list(tmp_path.iterdir()) == []


def test_a_tar_holds_words_fields_and_pictures_and_is_the_same_each_time(tmp_path):
    (tmp_path / "x.png").write_bytes(PNG)
    rows = [{"text": "<__dj__image>\nb <|__dj__eoc|>", "images": ["x.png"], "n": 1}]
    rows.append({"text": "two", "images": ["x.png", "x.png"]})
    path = tmp_path / "out.tar"
    write(path, "webdataset", rows=rows)
    before = path.read_bytes()
    with tarfile.open(path) as archive:
        names = archive.getnames()
        assert archive.extractfile("000000000.txt").read() == b"b"
    assert names[:3] == ["000000000.png", "000000000.txt", "000000000.json"]
    assert names[3:5] == ["000000001.0.png", "000000001.1.png"]
    first, second = rows_of(path)
    assert (first["text"], first["n"]) == (rows[0]["text"], 1)
    assert len(second["images"]) == 2
    write(path, "webdataset", rows=rows)
    assert path.read_bytes() == before
    with pytest.raises(UserError, match=r"none.png cannot be put into .*: does not exist"):
        write(path, "webdataset", rows=[{"images": ["none.png"]}])
    assert path.read_bytes() == before


def test_shards_have_data_juicers_names_and_older_ones_go(tmp_path):
    export = tmp_path / "out.jsonl"
    paths = write(export, "jsonl", [1, 1, 1])
    assert [path.name for path in paths] == [f"out-0{number}-of-03.jsonl" for number in range(3)]
    assert shard_paths(export, "webdataset", 10)[9].name == "out-009-of-010.tar"
    (tmp_path / "out-of-my-way.jsonl").touch()
    write(export, "jsonl", [2, 1])
    assert [path.name for path in older_shards(export, "jsonl")] == [
        "out-00-of-02.jsonl",
        "out-01-of-02.jsonl",
    ]
    assert (tmp_path / "out-of-my-way.jsonl").exists()
    assert shard_sizes(7, 3) == [3, 2, 2]


def test_the_kind_of_an_export_is_asked_for_or_in_its_name():
    assert kind_of(Path("a.tar"), None) == "webdataset"
    assert kind_of(Path("a.txt"), "json") == "json"
    with pytest.raises(UserError, match="a.csv must end in .jsonl, .json, .parquet, .tar"):
        kind_of(Path("a.csv"), None)
