"""What stands in the place of a file of rows is said."""

import gzip

import pytest
from support.no_files import put

from bettersynth.data.row_files.carried_pictures import CarriedPictures
from bettersynth.data.row_files.data_set import dataset_files
from bettersynth.data.row_files.documents import read_documents
from bettersynth.data.row_files.reading import RowReader
from bettersynth.data.row_files.row_file import require_row_file, require_utf8
from bettersynth.data.samples.sample_rows import RowForm
from bettersynth.errors import UserError

ROW = '{"text": "a"}\n'


@pytest.fixture(autouse=True)
def _in_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


TOLD = [
    ("pipe", "rows.jsonl is a pipe, no regular file; copy what it gives into one"),
    ("device", "rows.jsonl is a device, no regular file"),
    ("socket", "rows.jsonl is a socket, no regular file"),
    ("loop", "rows.jsonl is a link that leads back to itself"),
    ("lost link", "rows.jsonl is a link to gone.jsonl, which does not exist"),
]


@pytest.mark.parametrize(("kind", "message"), [*TOLD, ("folder", "rows.jsonl is a folder, no")])
def test_what_is_no_regular_file_is_told_as_what_it_is(tmp_path, kind, message):
    path = tmp_path / "rows.jsonl"
    put(kind, path)
    with pytest.raises(UserError, match=message):
        require_row_file(path, path.name)
    with pytest.raises(UserError, match="there is nothing does not exist; look elsewhere"):
        require_row_file(tmp_path / "none", "there is nothing", "; look elsewhere")


@pytest.mark.parametrize(("kind", "message"), TOLD)
def test_data_sets_and_documents_tell_it(tmp_path, kind, message):
    path = tmp_path / "rows.jsonl"
    put(kind, path)
    with pytest.raises(UserError, match=f"dataset_path .*{message}"):
        dataset_files(path)
    with pytest.raises(UserError, match=message):
        list(read_documents(path, "text"))


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize("name", ["rows.jsonl", "rows.jsonl.gz"])
def test_rows_of_another_encoding_are_told_with_what_makes_them_utf8(tmp_path, encoding, name):
    path = tmp_path / name
    content = f"\ufeff{ROW}".encode(encoding)
    path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    called = encoding[:6].upper()
    message = f"{name} is {called} text; it must be UTF-8: `iconv -f {called} -t UTF-8` makes it so"
    with pytest.raises(UserError, match=message):
        list(RowReader(RowForm(), CarriedPictures(tmp_path)).rows(path))


@pytest.mark.parametrize("content", [b"", b"1", ROW.encode(), ROW.encode("utf-8-sig")])
def test_utf8_passes_with_and_without_its_mark(tmp_path, content):
    path = tmp_path / "rows.jsonl"
    path.write_bytes(content)
    require_row_file(path, path.name)
    require_utf8(path)
    rows = list(RowReader(RowForm(), CarriedPictures(tmp_path)).rows(path))
    assert len(rows) == bool(content)
