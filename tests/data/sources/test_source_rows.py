"""A parquet file is a source as jsonl is, if it has a sample's columns."""

import tarfile

import pandas as pd
import pyarrow as pa
import pytest

from bettersynth.data.sources.jsonl import read_pairs
from bettersynth.data.sources.source_rows import require_source_file, source_rows
from bettersynth.errors import UserError


def write(tmp_path, **columns):
    path = tmp_path / "pairs.parquet"
    pd.DataFrame(columns).to_parquet(path)
    return path


def test_rows_of_parquet_are_read_as_those_of_jsonl(tmp_path):
    path = write(tmp_path, id=["a", "b"], text=["a dog", None], images=[["a.png"], ["b.png"]])
    rows = list(source_rows(path))
    assert rows[0] == (f"{path} line 1", {"id": "a", "text": "a dog", "images": ["a.png"]})
    pairs, refused = read_pairs(path, tmp_path)
    assert [pair.id for pair in pairs] == ["a"]
    assert [one.reason for one in refused] == ["empty caption"]


def test_a_file_without_the_columns_is_one_line(tmp_path):
    path = write(tmp_path, id=["a"], caption=["a dog"])
    with pytest.raises(UserError, match=r"has no column text .* its columns: id, caption$"):
        list(source_rows(path))


@pytest.mark.parametrize(
    ("columns", "type", "message"),
    [
        (["id", "text", "photo"], "caption", "has no column images, with .*: id, text, photo$"),
        (["conversations"], "caption", "has no column images, with .* columns: conversations$"),
        (["text", "images"], "instruction", "no column conversations, which .* type instruction"),
        (["text"], "text", "has no column conversations, .* type text needs; its columns: text$"),
    ],
)
def test_each_type_needs_columns_of_its_own(tmp_path, columns, type, message):
    path = write(tmp_path, **{name: ["a"] for name in columns})
    with pytest.raises(UserError, match=message):
        require_source_file(path, type)


def test_the_columns_of_each_type_pass(tmp_path):
    for columns, type in (
        (["text", "images"], "caption"),
        (["conversations", "image"], "caption"),
        (["conversations"], "instruction"),
        (["conversations"], "text"),
    ):
        require_source_file(write(tmp_path, **{name: ["a"] for name in columns}), type)


def test_what_run_reads_and_a_source_is_not_is_told_with_its_columns(tmp_path):
    columns = pa.table({"id": ["a"], "caption": ["a dog"]})
    saved = tmp_path / "saved"
    saved.mkdir()
    for path, writer in (
        (saved / "data.arrow", pa.ipc.new_stream),
        (tmp_path / "a.arrow", pa.ipc.new_file),
    ):
        with writer(path, columns.schema) as stream:
            stream.write_table(columns)
    (saved / "state.json").write_text('{"_data_files": [{"filename": "data.arrow"}]}')
    (tmp_path / "0.txt").write_text("a dog")
    (tmp_path / "1.txt").write_text("a cat")
    tars = tmp_path / "tars"
    tars.mkdir()
    for path in (tmp_path / "pairs.tar", tars / "0.tar"):
        with tarfile.open(path, "w") as archive:
            for member in ("0.txt", "1.txt"):
                archive.add(tmp_path / member, member)
    way_out = "a source is a .jsonl, .json or .parquet file: `bettersynth run` with dataset_path"
    for name, described in (
        ("saved", "a folder of .arrow files with the columns: id, caption"),
        ("a.arrow", "a .arrow file with the columns: id, caption"),
        ("pairs.tar", "a .tar file whose first sample has: txt"),
        ("tars", "a folder of .tar files whose first sample has: txt"),
    ):
        with pytest.raises(UserError, match=f"{name} is {described}; {way_out}"):
            list(source_rows(tmp_path / name))


def test_pictures_in_the_file_are_refused(tmp_path):
    path = write(tmp_path, text=["a dog"], images=[[b"\x89PNG"]])
    with pytest.raises(UserError, match="column images is of type list.* must hold paths"):
        list(source_rows(path))


def test_a_damaged_file_is_one_line(tmp_path):
    path = tmp_path / "pairs.parquet"
    path.write_bytes(b"PAR1 nothing")
    with pytest.raises(UserError, match="cannot be read as parquet"):
        list(source_rows(path))


@pytest.mark.parametrize("name", ["pairs.jsonl", "pairs.json"])
def test_a_file_of_utf16_is_told_as_such(tmp_path, name):
    path = tmp_path / name
    path.write_text('[{"text": "a dog"}]', encoding="utf-16")
    with pytest.raises(UserError, match=f"{name} is UTF-16 text; it must be UTF-8"):
        list(source_rows(path))
