"""A parquet file is a source as jsonl is, if it has a sample's columns."""

import pandas as pd
import pytest

from bettersynth.data.sources.jsonl import read_pairs
from bettersynth.data.sources.source_rows import source_rows
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
