import codecs
import json

import pytest

from bettersynth.data.files.jsonl_rows import (
    count_rows,
    dump_json,
    json_objects,
    json_rows,
    numbered_rows,
    parse_row,
)
from bettersynth.errors import UserError


def test_blank_lines_count_but_give_no_row(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"a": 1}\n\n  {"a": 2}\r\n')
    assert list(numbered_rows(path)) == [(1, b'{"a": 1}'), (3, b'{"a": 2}')]
    assert list(json_rows(path)) == [(f"{path} line 1", {"a": 1}), (f"{path} line 3", {"a": 2})]
    assert count_rows(path) == 3


@pytest.mark.parametrize("mark", [b"", codecs.BOM_UTF8])
def test_a_json_file_with_one_list_is_read_as_its_entries(tmp_path, mark):
    path = tmp_path / "a.json"
    path.write_bytes(mark + b' [{"a": 1},\n {"a": "\xc3\xa9"}]')
    assert [number for number, _ in numbered_rows(path)] == [1, 2]
    assert list(json_rows(path))[1] == (f"{path} entry 2", {"a": "é"})


def test_a_json_file_with_one_object_a_line_is_read_by_line_unless_it_must_be_a_list(tmp_path):
    path = tmp_path / "a.json"
    path.write_text('{"a": 1}\n{"a": 2}\n')
    assert [row for _, row in json_rows(path)] == [{"a": 1}, {"a": 2}]
    with pytest.raises(UserError, match=r"a.json is not valid JSON: Extra data"):
        list(json_rows(path, one_list=True))
    path.write_text('{"a": 1}')
    with pytest.raises(UserError, match="must hold a list of entries"):
        list(json_rows(path, one_list=True))


def test_a_broken_row_is_named(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text('{"a": 1}\n[2]\n')
    with pytest.raises(UserError, match="a.jsonl line 2: a sample must be a JSON object, not list"):
        list(json_objects(path))
    with pytest.raises(UserError, match="line 7 is not valid JSON"):
        parse_row(path, 7, b"{")
    with pytest.raises(FileNotFoundError):
        list(json_rows(tmp_path / "none.jsonl"))


def test_half_a_surrogate_pair_survives_writing():
    text = json.loads('"x\\ud83d"')
    assert json.loads(dump_json(text).decode()) == text
    assert dump_json("é") == '"é"'.encode()
