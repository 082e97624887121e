"""Tables of parquet files and of their bytes: what is asked for, or an error."""

import random
import subprocess
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bettersynth.data.files.parquet_files import table_in
from bettersynth.data.files.reading import read_table
from bettersynth.data.files.writing import write_table
from bettersynth.errors import UserError


def test_the_rows_and_columns_asked_for_are_read_from_bytes():
    table = pa.table({"id": ["a", "b", "c"], "split": ["pool", "test", "pool"], "n": [1, 2, 3]})
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, row_group_size=2)
    content = sink.getvalue().to_pybytes()
    assert table_in(content) == table
    assert table_in(content, ["n"]).to_pydict() == {"n": [1, 2, 3]}
    assert table_in(content, ["n"], {"split": ["pool"]}).to_pydict() == {"n": [1, 3]}
    assert table_in(content, rows={"id": ["c", "a"]})["id"].to_pylist() == ["a", "c"]
    assert table_in(content, rows={"id": []}).schema == table.schema


def test_bytes_are_read_without_threads_that_outlive_python(tmp_path):
    # pyarrow's threads aborted 5 of 100 processes that ended right after reading
    path = tmp_path / "t.parquet"
    write_table(path, pa.table({"n": list(range(1000)), "m": list(range(1000))}))
    code = (
        "import pathlib, psutil; import bettersynth.data.files.parquet_files as reading; "
        "import pyarrow.parquet, pyarrow.compute; "
        "before = psutil.Process().num_threads(); "
        f"reading.table_in(pathlib.Path({str(path)!r}).read_bytes()); "
        "print(psutil.Process().num_threads() - before)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "0\n"


def test_every_changed_bit_of_a_table_is_told_or_changes_nothing(tmp_path):
    path = tmp_path / "t.parquet"
    table = pa.table({"id": [f"s{n}" for n in range(500)], "value": [n / 7 for n in range(500)]})
    write_table(path, table)
    content = path.read_bytes()
    draw = random.Random(0)
    for _ in range(300):
        changed = bytearray(content)
        changed[draw.randrange(len(changed))] ^= 1 << draw.randrange(8)
        path.write_bytes(changed)
        try:
            read = read_table(path)
        except UserError:
            continue
        assert read.equals(table)


def test_text_that_is_no_utf8_is_told_by_who_reads_the_table():
    column = pa.array([b"\xf6x"]).view(pa.string())
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table({"id": column}), sink)
    with pytest.raises(pa.ArrowInvalid, match="UTF8"):
        table_in(sink.getvalue().to_pybytes())


def test_a_column_that_is_not_there_is_told_and_their_order_is_as_asked():
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table({"a": [1], "b": [2]}), sink)
    content = sink.getvalue().to_pybytes()
    assert table_in(content, ["b", "a"]).column_names == ["b", "a"]
    with pytest.raises(pa.ArrowInvalid, match="there is no column c"):
        table_in(content, ["a", "c"])
