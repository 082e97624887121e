"""The sample table has the columns of its contract, whatever order a row names them in."""

import pytest

from bettersynth.data.tables.samples import SAMPLE_SCHEMA, SAMPLES, read_samples, write_samples
from bettersynth.errors import UserError

ROW = {
    "split": "pool",
    "id": "a",
    "text": "<__dj__image> a dog <|__dj__eoc|>",
    "images": ["a.png"],
    "image_sha256": ["0"],
    "width": [3],
    "height": [4],
    "size_bytes": [5],
    "phash": ["f" * 16],
    "source": "x",
    "style": "x",
    "concept": "",
    "group": "",
}


def test_rows_come_back_as_they_were_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_samples([ROW, ROW | {"id": "b"}])
    table = read_samples()
    assert table.schema.equals(SAMPLE_SCHEMA)
    assert table.to_pylist()[0] == ROW
    assert read_samples(["split", "id"]).to_pylist()[1] == {"split": "pool", "id": "b"}


def test_an_empty_table_has_its_columns(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_samples([])
    assert read_samples().schema.equals(SAMPLE_SCHEMA)


def test_a_pool_that_was_not_made_names_what_makes_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match=f"{SAMPLES} does not exist; run `snakemake"):
        read_samples()
