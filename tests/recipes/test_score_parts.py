"""Parts of scores at an address: the same bytes for the same rows, and no damage unseen."""

import shutil

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support.s3_server import served_bucket

from bettersynth.errors import UserError
from bettersynth.measuring.score_cache import ColumnIdentity, checksum
from bettersynth.recipes.score_parts import PartsPlace, part_bytes, read_part

IDENTITY = ColumnIdentity("words_num_filter", 1, {"lang": "en"}, "", "code")


def row(number, value="[1]"):
    key = bytes([number]) * 16
    return key, value, checksum(key, value.encode())


def only_part(folder):
    (path,) = folder.rglob("*.parquet")
    return path


def test_a_part_comes_back_as_it_was():
    rows = [row(1), row(2, '["é",null,NaN]')]
    part = read_part(part_bytes(IDENTITY, rows))
    assert (part.identity, part.rows, part.changed) == (IDENTITY, rows, 0)


def test_a_row_that_does_not_fit_its_checksum_is_left_out_and_counted():
    key, _, kept_checksum = row(1)
    part = read_part(part_bytes(IDENTITY, [(key, "[2]", kept_checksum), row(2)]))
    assert (part.rows, part.changed) == ([row(2)], 1)


@pytest.mark.parametrize("address", ["{folder}/scores", "file://{folder}/scores", "memory://x"])
def test_an_address_lists_and_returns_what_was_written(address, tmp_path):
    place = PartsPlace(address.format(folder=tmp_path))
    assert place.names() == {}
    place.write(IDENTITY, [row(1)])
    place.write(IDENTITY, [row(1)])
    ((column, (name,)),) = place.names().items()
    assert column.startswith("words_num_filter-")
    assert place.read(column, name).rows == [row(1)]


def test_bytes_that_were_changed_or_cut_short_are_known_by_the_name(tmp_path):
    place = PartsPlace(str(tmp_path))
    place.write(IDENTITY, [row(1)])
    path = only_part(tmp_path)
    content = path.read_bytes()
    for damaged in (content[:-1], b"", content[:40] + b"?" + content[41:]):
        path.write_bytes(damaged)
        with pytest.raises(ValueError, match="changed or cut short"):
            place.read(path.parent.name, path.name)


def test_a_part_in_the_folder_of_another_column_is_refused(tmp_path):
    place = PartsPlace(str(tmp_path))
    place.write(IDENTITY, [row(1)])
    path = only_part(tmp_path)
    with pytest.raises(UserError, match="cannot be used"):
        place.read("text_length_filter-00", path.name)
    path.parent.rename(tmp_path / "text_length_filter-00")
    with pytest.raises(ValueError, match="another column"):
        place.read("text_length_filter-00", path.name)


def test_bytes_that_are_no_part_are_told():
    with pytest.raises(ValueError, match="holds no scores"):
        read_part(b"no parquet")


def test_a_value_that_is_no_text_is_left_out_and_counted():
    schema = pa.schema(
        [("key", pa.binary()), ("value", pa.string()), ("checksum", pa.uint32())],
        metadata={"identity": IDENTITY.text},
    )
    key, value, kept_checksum = row(1)
    table = pa.table([[key, key], [None, value], [0, kept_checksum]], schema=schema)
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink)
    part = read_part(sink.getvalue().to_pybytes())
    assert (part.rows, part.changed) == ([row(1)], 1)


def test_files_beside_the_columns_and_below_them_are_passed_over(tmp_path):
    place = PartsPlace(str(tmp_path))
    place.write(IDENTITY, [row(1)])
    path = only_part(tmp_path)
    names = place.names()
    assert list(names.values()) == [[path.name]]
    (tmp_path / "table.parquet").write_bytes(b"PAR1")
    (tmp_path / "backup").mkdir()
    shutil.copytree(path.parent, tmp_path / "backup" / path.parent.name)
    assert place.names() == names


def test_a_file_and_no_address_are_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="file is a file; name the folder of the scores"):
        PartsPlace(str(tmp_path / "file")).names()
    for address in ("", " "):
        with pytest.raises(UserError, match="the address is empty; name a folder"):
            PartsPlace(address)


def test_a_password_in_an_address_is_not_printed():
    # nobody listens at port 9
    with pytest.raises(UserError, match="ftp://127.0.0.1:9/x cannot be used") as told:
        PartsPlace("ftp://me:hunter2@127.0.0.1:9/x").names()
    assert "hunter2" not in str(told.value)


def test_what_another_machine_is_writing_is_not_listed(tmp_path):
    folder = tmp_path / "words_num_filter-00"
    folder.mkdir()
    (folder / ".half.parquet").write_bytes(b"PAR1")
    assert PartsPlace(str(tmp_path)).names() == {}


@pytest.mark.parametrize("address", ["nothing://there/x", "{file}/below"])
def test_an_address_that_cannot_be_used_is_one_line(address, tmp_path):
    file = tmp_path / "file"
    file.write_text("")
    with pytest.raises(UserError, match="cannot be used|Protocol not known"):
        PartsPlace(address.format(file=file)).write(IDENTITY, [row(1)])


@pytest.fixture
def bucket(monkeypatch):
    with served_bucket(monkeypatch, "team") as address:
        yield f"{address}/scores"


@pytest.mark.slow
def test_parts_lie_in_s3_as_in_a_folder(bucket):
    place = PartsPlace(bucket)
    assert place.names() == {}
    place.write(IDENTITY, [row(1)])
    ((column, (name,)),) = PartsPlace(bucket).names().items()
    assert place.read(column, name).rows == [row(1)]
    with pytest.raises(UserError, match="s3://elsewhere/scores cannot be used"):
        PartsPlace("s3://elsewhere/scores").write(IDENTITY, [row(1)])
