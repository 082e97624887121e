"""What is wrong with a JSON or parquet file is one line that names the place."""

import json
import os

import pyarrow as pa
import pytest

from bettersynth.data.files.reading import (
    column_names,
    depth,
    parse_json,
    read_json,
    read_object,
    read_table,
    require_mapping,
)
from bettersynth.data.files.writing import write_table
from bettersynth.errors import UserError


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_json_is_read_in_the_encodings_that_editors_write(tmp_path, encoding):
    (tmp_path / "a.json").write_text('{"caf\u00e9": "\u2028"}', encoding=encoding)
    assert read_json(tmp_path / "a.json") == {"caf\u00e9": "\u2028"}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "a.json is not valid JSON: Expecting value (column 1)"),
        (b'{"a":\n}', "a.json is not valid JSON: Expecting value (line 2, column 1)"),
        (b'"caf\xe9"', "a.json is not UTF-8 text: invalid continuation byte at byte 4"),
        (b"[" * 100_000, "a.json is nested deeper than 100 levels"),
        (b'{"a":' * 101 + b"1" + b"}" * 101, "a.json is nested deeper than 100 levels"),
        (b"[" * 900 + b"]" * 900, "a.json is nested deeper than 100 levels"),
        (b"1" * 5000, "a.json is not valid JSON: Exceeds the limit (4300 digits)"),
    ],
)
def test_what_is_no_json_is_one_line_that_says_where(content, message):
    with pytest.raises(UserError) as error:
        parse_json(content, "a.json")
    assert str(error.value).startswith(message)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            b'{"text": "a", "text": "b"}',
            "x.jsonl line 3 is not valid JSON: the key 'text'",
        ),
        (b'{"meta": [{"a": 1, "a": 1}]}', "the key 'a' is there twice"),
        (b'{"score": NaN}', "NaN is no value of JSON; a missing value is null"),
        (b"[-Infinity]", "-Infinity is no value of JSON"),
    ],
)
def test_what_python_alone_takes_for_json_is_refused(content, message):
    with pytest.raises(UserError) as error:
        parse_json(content, "x.jsonl line 3")
    assert message in str(error.value)


def test_a_table_cut_short_is_one_line_that_says_what_to_do(tmp_path):
    write_table(tmp_path / "a.parquet", pa.table({"id": ["a", "b"] * 50}))
    whole = (tmp_path / "a.parquet").read_bytes()
    for damaged in (b"", whole[: len(whole) // 2], whole[:40] + bytes(40) + whole[80:]):
        (tmp_path / "a.parquet").write_bytes(damaged)
        with pytest.raises(
            UserError, match=r"a\.parquet is damaged; delete it and run `snakemake --cores all"
        ):
            read_table(tmp_path / "a.parquet")
    (tmp_path / "a.parquet").write_bytes(whole)
    assert column_names(tmp_path / "a.parquet") == ["id"]
    for damaged in (b"", whole[: len(whole) // 2]):
        (tmp_path / "a.parquet").write_bytes(damaged)
        with pytest.raises(UserError, match=r"a\.parquet is damaged; delete it"):
            column_names(tmp_path / "a.parquet")
    with pytest.raises(FileNotFoundError):
        read_table(tmp_path / "b.parquet")


def test_many_brackets_in_text_or_side_by_side_are_no_depth():
    assert parse_json(json.dumps("[" * 500), "a.json") == "[" * 500
    assert parse_json(json.dumps([[]] * 500), "a.json") == [[]] * 500
    deepest = b"[" * 100 + b"]" * 100
    assert depth(parse_json(deepest, "a.json")) == 100


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("3", "card.json must hold names with values, not 3"),
        ("null", "card.json must hold names with values, not null"),
        ('["pool"]', 'card.json must hold names with values, not ["pool"]'),
        ('{"kept": 1}', "card.json has no pool, only: kept"),
        ("{}", "card.json has no pool, only: nothing"),
        ('{"pool": "1", "dropped_by": {}}', 'card.json: pool must be a whole number, not "1"'),
        (
            '{"pool": 1, "dropped_by": []}',
            "card.json: dropped_by must be names with values, not []",
        ),
    ],
)
def test_an_object_of_another_shape_is_one_line_that_shows_it(tmp_path, content, message):
    (tmp_path / "card.json").write_text(content)
    with pytest.raises(UserError) as error:
        read_object(tmp_path / "card.json", has={"pool": int, "dropped_by": dict})
    assert str(error.value) == f"{tmp_path}/{message}"


def test_an_object_of_the_shape_asked_for_is_returned_and_a_long_value_cut(tmp_path):
    (tmp_path / "card.json").write_text('{"pool": 2, "more": null}')
    card = read_object(tmp_path / "card.json", has={"pool": int}, may_have=["sources"])
    assert card == {"pool": 2, "more": None}
    with pytest.raises(UserError, match="more must be names with values, not null"):
        read_object(tmp_path / "card.json", may_have=["more"])
    with pytest.raises(UserError, match=r'not "x{59}\.\.\.$'):
        require_mapping("x" * 5000, "params.yaml: filter")


def test_a_pipe_is_no_json(tmp_path):
    os.mkfifo(tmp_path / "a.json")
    with pytest.raises(UserError, match=r"a\.json is a pipe; it must be a file"):
        read_json(tmp_path / "a.json")


@pytest.mark.parametrize("read", [read_table, column_names])
def test_a_folder_is_no_table(tmp_path, read):
    folder = tmp_path / "a.parquet"
    folder.mkdir()
    with pytest.raises(UserError, match=r"a\.parquet is a folder; it must be a file"):
        read(folder)
    # pyarrow reads the files in it as one table
    write_table(folder / "part.parquet", pa.table({"id": ["x"]}))
    with pytest.raises(UserError, match=r"a\.parquet is a folder; it must be a file"):
        read(folder)
