from __future__ import annotations

import pyarrow as pa
import pytest
from support.small_pool import write_params, write_pool

from bettersynth.data.files.reading import read_table
from bettersynth.data.files.writing import write_table
from bettersynth.data.samples.text_form import text_of_caption
from bettersynth.errors import UserError
from bettersynth.steps import restats


@pytest.fixture(autouse=True)
def _in_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_pool(["one", "two words"])
    write_params(stats={"words_num_filter": {}, "image_shape_filter": {}, "image_deduplicator": {}})


def write_new(ids, captions):
    candidates = {
        "id": ids,
        "candidate": pa.array(range(len(ids)), pa.int32()),
        "text": [text_of_caption(c) for c in captions],
        "captioner": pa.array(["tiny"] * len(ids), pa.string()),
    }
    write_table("data/caption/candidates.parquet", pa.table(candidates))


def test_new_texts_are_measured_with_the_operators_that_read_text():
    write_new(["s01", "s01"], ["a b c", "d"])
    restats.main()
    table = read_table("data/restats/restats.parquet")
    assert table.column_names == ["id", "candidate", "num_words"]
    assert table["num_words"].to_pylist() == [5, 3]


def test_no_new_captions_give_an_empty_table():
    write_new([], [])
    restats.main()
    assert read_table("data/restats/restats.parquet").num_rows == 0


def test_captions_of_another_pool_are_refused():
    write_new(["stranger"], ["a b c"])
    with pytest.raises(UserError, match="stranger is not in the pool"):
        restats.main()
