"""What a stage wrote is read; where it is missing the message is the command that makes it."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
from support.no_files import NO_FILES, put

from bettersynth.data.files.writing import write_json, write_table
from bettersynth.data.tables.made_files import (
    read_made_bytes,
    read_made_json,
    read_made_rows,
    read_made_table,
)
from bettersynth.errors import UserError


@pytest.mark.parametrize("read", [read_made_json, read_made_table, read_made_bytes, read_made_rows])
def test_a_missing_file_names_its_command(read, tmp_path: Path) -> None:
    path = tmp_path / "card.json"
    with pytest.raises(UserError, match=r"card.json does not exist; run `snakemake --cores all /"):
        read(path)


def test_files_that_are_there_are_read(tmp_path: Path) -> None:
    write_json(tmp_path / "a.json", [1])
    write_table(tmp_path / "a.parquet", pa.table({"id": ["x"], "y": [1]}))
    assert read_made_json(tmp_path / "a.json") == [1]
    assert read_made_table(tmp_path / "a.parquet", ["id"]).to_pylist() == [{"id": "x"}]
    assert read_made_bytes(tmp_path / "a.json").startswith(b"[")
    (tmp_path / "a.jsonl").write_text('{"a": 1}\n\n{"a": 2}\n')
    assert read_made_rows(tmp_path / "a.jsonl") == [{"a": 1}, {"a": 2}]


def test_a_damaged_file_names_what_brings_it_back(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"a": ')
    (tmp_path / "a.jsonl").write_text('{"a": 1}\n{"a"')
    (tmp_path / "a.parquet").write_bytes(b"PAR1")
    reads = {"a.json": read_made_json, "a.jsonl": read_made_rows, "a.parquet": read_made_table}
    for name, read in reads.items():
        command = f"{name}.*; delete it and run `snakemake --cores all .*{name}`, which brings it"
        with pytest.raises(UserError, match=command):
            read(tmp_path / name)


@pytest.mark.parametrize("kind", NO_FILES)
def test_what_no_stage_wrote_is_told(tmp_path, kind):
    path = tmp_path / "rows.jsonl"
    put(kind, path)
    for read in (read_made_json, read_made_rows, read_made_bytes, read_made_table):
        with pytest.raises(UserError, match=f"rows.jsonl is {NO_FILES[kind]}; it must be a file"):
            read(path)
