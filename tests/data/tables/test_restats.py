import pytest
from support.small_columns import column

from bettersynth.data.tables.candidates import read_candidates, write_candidates
from bettersynth.data.tables.restats import read_restats, write_restats
from bettersynth.errors import UserError

ROW = {"id": "a", "candidate": 0, "text": "x", "captioner": "tiny", "prompt": "", "seed": 0}


@pytest.fixture(autouse=True)
def _in_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_candidates([ROW, {**ROW, "candidate": 1}])


def test_values_belong_to_their_captions():
    candidates = read_candidates(column("a"))
    write_restats(candidates, {"num_words": [2, 3]})
    assert read_restats(candidates).to_pydict() == {"num_words": [2, 3]}


def test_missing_values_and_those_of_other_captions_are_one_line():
    candidates = read_candidates(column("a"))
    with pytest.raises(UserError, match="restats.parquet does not exist"):
        read_restats(candidates)
    write_restats(candidates.slice(1), {"num_words": [3]})
    with pytest.raises(UserError, match="belongs to other captions"):
        read_restats(candidates)
