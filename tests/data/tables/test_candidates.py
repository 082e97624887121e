import pytest
from support.small_columns import column

from bettersynth.data.tables.candidates import CANDIDATES_SCHEMA, read_candidates, write_candidates
from bettersynth.errors import UserError

ROW = {"id": "a", "candidate": 1, "text": "x", "captioner": "tiny", "prompt": "", "seed": 0}


@pytest.fixture(autouse=True)
def _in_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_captions_come_back_and_none_are_a_table_too():
    write_candidates([ROW])
    assert read_candidates(column("a", "b")).to_pylist() == [ROW]
    write_candidates([])
    assert read_candidates(column("a")).schema == CANDIDATES_SCHEMA


def test_missing_captions_and_those_of_another_pool_are_one_line():
    with pytest.raises(UserError, match="candidates.parquet does not exist; run `snakemake"):
        read_candidates(column("a"))
    write_candidates([ROW])
    with pytest.raises(UserError, match="a is not in the pool; run `python -m .*caption`"):
        read_candidates(column("b"))
