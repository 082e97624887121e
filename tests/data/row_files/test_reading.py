from __future__ import annotations

import gzip

import pyarrow as pa
import pyarrow.parquet as pq
from support.row_files import write_tar

from bettersynth.data.row_files.carried_pictures import CarriedPictures
from bettersynth.data.row_files.reading import RowReader, about_rows
from bettersynth.data.samples.sample_rows import RowForm


def test_chunks_have_at_most_their_size(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text("".join(f"{number}\n" for number in range(5)))
    reader = RowReader(RowForm(), CarriedPictures(tmp_path))
    assert [len(chunk) for chunk in reader.chunks(path, 2)] == [2, 2, 1]


def test_rows_are_counted_where_the_file_says_how_many(tmp_path):
    plain, packed, table = tmp_path / "a.jsonl", tmp_path / "a.jsonl.gz", tmp_path / "a.parquet"
    plain.write_text("1\n2\n")
    packed.write_bytes(gzip.compress(b"1\n2\n"))
    pq.write_table(pa.table({"text": ["a", "b", "c"]}), table)
    write_tar(tmp_path / "a.tar", {"1.txt": b"a"})
    files = (plain, packed, table, tmp_path / "a.tar")
    assert [about_rows(path) for path in files] == [2, None, 3, None]
