"""Tables of Lance: their newest version, in order, with the pictures that they carry."""

from __future__ import annotations

import importlib.util
import io
import sys
import types

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image
from support.row_files import rows_of
from support.small_run import run

from bettersynth.data.row_files.data_set import dataset_files
from bettersynth.data.row_files.lance_tables import count_lance_rows, is_lance, lance_columns
from bettersynth.data.row_files.reading import about_rows
from bettersynth.data.sources.source_rows import source_rows
from bettersynth.errors import UserError

needs_lance = pytest.mark.skipif(
    importlib.util.find_spec("lance") is None, reason="the extra lance is not installed"
)


# as pylance's Rust ends where it did not foresee something
PANIC = type("PanicException", (BaseException,), {"__module__": "pyo3_runtime"})
PROCESS = [{"image_shape_filter": {"min_width": 2}}, {"text_length_filter": {"min_len": 20}}]


def picture(shade: int) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (20, 10), (shade, 0, 0)).save(stream, "PNG")
    return stream.getvalue()


def pairs(count: int) -> pa.Table:
    rows = []
    for number in range(count):
        text = "<__dj__image> " + "word " * (number % 5)
        image = {"bytes": picture(number % 7), "path": f"{number}.png"}
        rows.append({"id": str(number), "text": text, "images": [image]})
    return pa.Table.from_pylist(rows)


def write(table: pa.Table, path, **how) -> None:
    import lance

    lance.write_dataset(table, str(path), **how)


def test_without_the_package_it_is_said_how_to_get_it(tmp_path, monkeypatch):
    (tmp_path / "a.lance/_versions").mkdir(parents=True)
    monkeypatch.setitem(sys.modules, "lance", None)
    with pytest.raises(UserError, match=r"a.lance: Lance .*: pip install 'bettersynth\[lance\]'$"):
        rows_of(tmp_path / "a.lance")


def test_a_folder_of_another_kind_is_no_table_of_lance(tmp_path):
    (tmp_path / "a.lance").mkdir()
    (tmp_path / "b/_versions").mkdir(parents=True)
    assert not is_lance(tmp_path / "a.lance")
    assert not is_lance(tmp_path / "b")


def test_a_folder_called_lance_is_not_the_package(tmp_path, monkeypatch):
    (tmp_path / "a.lance/_versions").mkdir(parents=True)
    monkeypatch.setitem(sys.modules, "lance", types.ModuleType("lance"))
    with pytest.raises(UserError, match="pip install"):
        rows_of(tmp_path / "a.lance")


def test_a_table_that_was_not_copied_to_its_end_is_told_and_a_file_of_that_name(tmp_path):
    (tmp_path / "many/a.lance/data").mkdir(parents=True)
    for place in (tmp_path / "many", tmp_path / "many/a.lance"):
        with pytest.raises(UserError, match="a.lance is a part of a table of Lance: it has no _v"):
            dataset_files(place)
    (tmp_path / "b.lance").write_bytes(b"")
    with pytest.raises(UserError, match="b.lance is a file; a table of Lance is a folder"):
        rows_of(tmp_path / "b.lance")


@pytest.mark.parametrize(
    ("raised", "told"),
    [
        (OSError("no end, /home/x/lance/rust/a.rs:1:2, /rustc/48a/b.rs:25:5"), "no end"),
        (OSError("no end, rust/a.rs:1:2"), "no end"),
        (RuntimeError(""), "RuntimeError"),
        (PANIC("range end index 4 out of range"), "range end index 4 out of range"),
    ],
)
def test_what_the_package_raises_is_told_without_its_own_places(
    tmp_path, monkeypatch, raised, told
):
    (tmp_path / "a.lance/_versions").mkdir(parents=True)

    def dataset(path):
        raise raised

    package = types.ModuleType("lance")
    package.dataset = dataset
    monkeypatch.setitem(sys.modules, "lance", package)
    with pytest.raises(UserError, match=f"a.lance cannot be read as lance: {told}$"):
        lance_columns(tmp_path / "a.lance")


def test_an_interrupt_is_no_damage(tmp_path, monkeypatch):
    (tmp_path / "a.lance/_versions").mkdir(parents=True)

    def dataset(path):
        raise KeyboardInterrupt

    package = types.ModuleType("lance")
    package.dataset = dataset
    monkeypatch.setitem(sys.modules, "lance", package)
    with pytest.raises(KeyboardInterrupt):
        lance_columns(tmp_path / "a.lance")


@needs_lance
def test_rows_of_lance_are_those_of_parquet(tmp_path):
    table = pairs(600)
    pq.write_table(table, tmp_path / "a.parquet")
    # several files in one table
    write(table, tmp_path / "a.lance", max_rows_per_file=250)
    assert rows_of(tmp_path / "a.lance") == rows_of(tmp_path / "a.parquet")
    assert len(list((tmp_path / "kept").iterdir())) == 7
    assert lance_columns(tmp_path / "a.lance").names == ["id", "text", "images"]
    assert about_rows(tmp_path / "a.lance") == 600


@needs_lance
def test_the_newest_version_counts_without_the_rows_deleted(tmp_path):
    import lance

    path = tmp_path / "a.lance"
    write(pairs(5), path)
    write(
        pa.table({"id": ["new"], "text": ["b"], "images": [[]]}, pairs(1).schema),
        path,
        mode="append",
    )
    lance.dataset(str(path)).delete("id = '3'")
    assert [row["id"] for row in rows_of(path)] == ["0", "1", "2", "4", "new"]
    assert count_lance_rows(path) == 5


@needs_lance
def test_a_column_of_blobs_is_read_as_pictures(tmp_path):
    blobs = pa.field("images", pa.large_binary(), metadata={"lance-encoding:blob": "true"})
    schema = pa.schema([pa.field("text", pa.string()), blobs])
    table = pa.table({"text": ["a"], "images": [picture(1)]}, schema)
    # blobs of this form are of files of version 2.1 and before
    write(table, tmp_path / "a.lance", data_storage_version="2.1")
    [row] = rows_of(tmp_path / "a.lance")
    assert (tmp_path / row["images"][0]).read_bytes() == picture(1)


@needs_lance
def test_a_damaged_table_is_one_line(tmp_path):
    write(pairs(5), tmp_path / "a.lance")
    for file in (tmp_path / "a.lance/_versions").iterdir():
        file.write_bytes(b"no manifest")
    with pytest.raises(UserError, match="a.lance cannot be read as lance: .+") as told:
        rows_of(tmp_path / "a.lance")
    assert "\n" not in str(told.value)


@needs_lance
@pytest.mark.parametrize("compat", ["", "data_juicer"])
def test_a_recipe_gives_the_bytes_that_it_gives_of_parquet(tmp_path, monkeypatch, compat):
    monkeypatch.chdir(tmp_path)
    table = pairs(40)
    pq.write_table(table, "a.parquet")
    write(table, tmp_path / "a.lance")
    exports = []
    for name in ("a.parquet", "a.lance"):
        run(PROCESS, dataset_path=name, export_path="out.jsonl", np=2, compat=compat)
        exports.append((tmp_path / "out.jsonl").read_bytes())
    assert exports[0] == exports[1]
    assert 0 < len(exports[0].splitlines()) < 40


@needs_lance
def test_a_source_tells_how_a_table_of_lance_becomes_one(tmp_path):
    write(pairs(2), tmp_path / "a.lance")
    told = "a.lance is a table of Lance with the columns: id, text, images; a source is .*run"
    with pytest.raises(UserError, match=told):
        list(source_rows(tmp_path / "a.lance"))
