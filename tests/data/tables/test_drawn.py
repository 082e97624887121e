import pytest
from support.small_columns import column
from support.small_pool import drawn_row, write_pool

from bettersynth.data.samples.pool_samples import read_pool
from bettersynth.data.tables.drawn import (
    DRAWN_SCHEMA,
    drawn_samples,
    read_drawn,
    version_name,
    write_drawn,
)
from bettersynth.errors import UserError


@pytest.fixture(autouse=True)
def _in_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_a_drawn_sample_has_the_pictures_facts_and_all_else_of_its_parent():
    write_pool(["a dog", "a cat"])
    write_drawn([drawn_row("s01", 1000)])
    pool = read_pool()
    (sample,) = drawn_samples(pool, read_drawn(pool["id"])).to_pylist()
    assert (sample["images"], sample["width"]) == (["drawn/s01-1000.png"], [32])
    assert (sample["id"], sample["style"], sample["split"]) == ("s01", "noise", "pool")
    assert drawn_samples(pool, read_drawn(pool["id"])).schema == pool.schema


def test_no_picture_is_a_table_too_and_one_of_another_pool_is_refused():
    write_drawn([])
    assert read_drawn(column()).schema == DRAWN_SCHEMA
    write_drawn([drawn_row("s01", 1000)])
    with pytest.raises(UserError, match=r"s01 is not in the pool; run `python -m .*draw`"):
        read_drawn(column("s00"))


def test_versions_are_counted_by_kind():
    assert version_name(3) == "new caption 3"
    assert version_name(1002) == "new picture 2"
