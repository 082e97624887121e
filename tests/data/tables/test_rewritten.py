import pyarrow as pa
import pytest

from bettersynth.data.tables.rewritten import (
    read_rewrite_card,
    read_rewritten,
    with_rewritten,
    write_rewritten,
)
from bettersynth.errors import UserError

SAMPLES = pa.table({"id": ["a", "b"], "text": ["one", "two"], "split": ["pool", "pool"]})


@pytest.fixture(autouse=True)
def _in_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def changed(sample, text, original):
    row = {"id": sample, "text": text, "original_text": original, "mappers": ["x_mapper"]}
    write_rewritten([row], {"rewritten": 1})


def test_new_texts_stand_in_the_place_of_the_old_ones():
    changed("b", "zwei", "two")
    samples = with_rewritten(SAMPLES, read_rewritten())
    assert samples["text"].to_pylist() == ["one", "zwei"]
    assert samples.schema == SAMPLES.schema
    assert read_rewrite_card() == {"rewritten": 1}


def test_without_new_texts_the_table_is_the_same():
    write_rewritten([], {})
    assert with_rewritten(SAMPLES, read_rewritten()) is SAMPLES


@pytest.mark.parametrize("row", [("c", "drei", "three"), ("b", "zwei", "due")])
def test_texts_of_another_pool_are_refused(row):
    changed(*row)
    with pytest.raises(UserError, match="belongs to another pool; run `python -m bettersynth.step"):
        with_rewritten(SAMPLES, read_rewritten())


def test_a_stage_that_has_not_run_is_named():
    with pytest.raises(UserError, match=r"run `snakemake --cores all data/rewrite/rewritten"):
        read_rewritten()
