from __future__ import annotations

import gzip
from pathlib import Path

import pyarrow as pa
import pytest

from bettersynth.data.files import compressed
from bettersynth.data.files.compressed import ending, unpacked_bytes, unpacked_lines
from bettersynth.data.files.jsonl_rows import numbered_rows
from bettersynth.errors import UserError


def pack(path: Path, content: bytes) -> bytes:
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(content))
    else:
        with pa.output_stream(path, compression="zstd") as stream:
            stream.write(content)
    return path.read_bytes()


@pytest.mark.parametrize(
    ("name", "expected"),
    [("a.jsonl", ".jsonl"), ("a.b.JSONL.gz", ".jsonl.gz"), ("a.v1.parquet", ".parquet"), ("a", "")],
)
def test_the_ending_holds_what_is_under_a_compression(name, expected):
    assert ending(Path(name)) == expected


@pytest.mark.parametrize("name", ["a.jsonl.gz", "a.jsonl.zst"])
def test_packed_lines_are_those_of_the_plain_file_over_several_frames(tmp_path, name):
    path = tmp_path / name
    packed = pack(path, b'{"a": 1}\n\n{"a": 2}\n')
    path.write_bytes(packed + packed)
    assert [number for number, _ in numbered_rows(path)] == [1, 3, 4, 6]
    assert list(unpacked_lines(path)) == [b'{"a": 1}\n', b"\n", b'{"a": 2}\n'] * 2


@pytest.mark.parametrize("name", ["a.json.gz", "a.json.zst"])
def test_a_packed_list_is_read_as_its_entries(tmp_path, name):
    pack(tmp_path / name, b'[{"a": 1},\n {"a": 2}]')
    assert [content for _, content in numbered_rows(tmp_path / name)] == [b'{"a": 1}', b'{"a": 2}']


@pytest.mark.parametrize("name", ["a.jsonl.gz", "a.jsonl.zst"])
def test_a_damaged_file_is_one_line(tmp_path, name):
    path = tmp_path / name
    packed = pack(path, b'{"a": 1}\n' * 3)
    for broken in (packed[:-6], b"no such thing at all"):
        path.write_bytes(broken)
        with pytest.raises(UserError, match=f"{name} is damaged after line [03]: "):
            list(unpacked_lines(path))
    with pytest.raises(FileNotFoundError):
        list(unpacked_lines(tmp_path / f"none{name}"))


@pytest.mark.parametrize("name", ["a.jsonl.gz", "a.jsonl.zst"])
def test_what_unpacks_to_more_than_a_row_can_be_is_refused(tmp_path, name, monkeypatch):
    monkeypatch.setattr(compressed, "MAX_UNPACKED_BYTES", 1000)
    path = tmp_path / name
    pack(path, b'{"a": 1}\n' + b" " * 5000)
    with pytest.raises(UserError, match="line 2 unpacks to more than 1,000 bytes"):
        list(unpacked_lines(path))
    with pytest.raises(UserError, match="unpacks to more than 1,000 bytes in one list"):
        unpacked_bytes(path)
