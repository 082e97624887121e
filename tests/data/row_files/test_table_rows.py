from __future__ import annotations

import datetime
import decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support.row_files import PNG, rows_of

from bettersynth.data.row_files.table_rows import count_table_rows, table_columns
from bettersynth.errors import UserError


def test_values_of_a_parquet_file_become_json(tmp_path):
    path = tmp_path / "a.parquet"
    columns = {
        "text": ["a", None],
        "day": [datetime.date(2026, 1, 2), None],
        "score": [1.5, float("nan")],
        "price": [decimal.Decimal("1.50"), None],
        "meta": [{"tags": ["x"]}, None],
    }
    pq.write_table(pa.table(columns), path)
    assert rows_of(path) == [
        {"text": "a", "day": "2026-01-02", "score": 1.5, "price": 1.5, "meta": {"tags": ["x"]}},
        {"text": None, "day": None, "score": None, "price": None, "meta": None},
    ]
    assert count_table_rows(path) == 2


@pytest.mark.parametrize("stream", [True, False])
def test_arrow_files_are_read_as_stream_and_as_file(tmp_path, stream):
    path = tmp_path / "a.arrow"
    table = pa.table({"text": ["a", "b"]})
    new = pa.ipc.new_stream if stream else pa.ipc.new_file
    with new(path, table.schema) as writer:
        writer.write_table(table)
    assert rows_of(path) == [{"text": "a"}, {"text": "b"}]
    assert count_table_rows(path) is None


def test_pictures_of_a_table_are_written_out_once(tmp_path):
    path = tmp_path / "a.parquet"
    pictures = [{"bytes": PNG, "path": "a.png"}, {"bytes": None, "path": "b.png"}]
    pq.write_table(pa.table({"image": pictures}), path)
    first, second = rows_of(path, image_key="image")
    assert second == {"image": ["b.png"]}
    assert (tmp_path / first["image"][0]).read_bytes() == PNG
    pq.write_table(pa.table({"images": [[PNG, PNG], None]}), path)
    first, second = rows_of(path)
    assert first["images"][0] == first["images"][1]
    assert second == {"images": None}
    assert len(list((tmp_path / "kept").iterdir())) == 1


def test_a_picture_with_neither_bytes_nor_path_is_null(tmp_path):
    nothing = {"bytes": None, "path": None}
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"images": [nothing, {"bytes": PNG, "path": None}]}), path)
    first, second = rows_of(path)
    assert first == {"images": None}
    assert len(second["images"]) == 1
    # in a list its place counts
    pq.write_table(pa.table({"images": [[nothing, {"bytes": PNG, "path": None}]]}), path)
    assert rows_of(path)[0]["images"][0] is None


def test_a_damaged_file_is_told_where_its_rows_are_counted(tmp_path):
    path = tmp_path / "a.parquet"
    path.write_bytes(b"PAR1")
    with pytest.raises(UserError, match="a.parquet cannot be read as parquet"):
        count_table_rows(path)


def test_bytes_in_another_column_are_refused_by_name(tmp_path):
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"text": ["a"], "image": [{"bytes": PNG, "path": None}]}), path)
    with pytest.raises(UserError, match=r"a.parquet line 1: image.bytes holds bytes.*image_key"):
        rows_of(path)


@pytest.mark.parametrize("name", ["a.parquet", "a.arrow"])
@pytest.mark.parametrize("content", [b"", b"no table of any kind", b"PAR1 and then PAR1"])
def test_what_is_no_table_is_one_line(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(UserError, match=f"{name} cannot be read as {name[2:]}: .+"):
        rows_of(path)
    with pytest.raises(FileNotFoundError):
        rows_of(tmp_path / f"none{name}")


def test_the_columns_of_a_table_are_read_without_its_rows(tmp_path):
    table = pa.table({"id": ["a"], "text": ["a dog"]})
    pq.write_table(table, tmp_path / "a.parquet")
    for name, writer in (("file.arrow", pa.ipc.new_file), ("stream.arrow", pa.ipc.new_stream)):
        with writer(tmp_path / name, table.schema) as stream:
            stream.write_table(table)
    for name in ("a.parquet", "file.arrow", "stream.arrow"):
        assert table_columns(tmp_path / name).names == ["id", "text"]
    (tmp_path / "a.arrow").write_bytes(b"no table")
    with pytest.raises(UserError, match="a.arrow cannot be read as arrow"):
        table_columns(tmp_path / "a.arrow")
