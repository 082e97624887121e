"""The files of `data/contamination/`."""

from __future__ import annotations

import pytest

from bettersynth.data.files.reading import read_table
from bettersynth.data.tables import contamination
from bettersynth.errors import UserError


@pytest.fixture(autouse=True)
def _in_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_what_is_dropped_comes_back_by_set():
    contamination.write_dropped(["a"], [3, 5])
    assert contamination.dropped_of_pool() == {"a"}
    assert contamination.dropped_of_instruction() == {3, 5}


def test_a_stage_that_did_not_run_is_named():
    with pytest.raises(UserError, match=r"snakemake --cores all data/contamination/dropped\.json"):
        contamination.dropped_of_pool()


def test_findings_and_card_lie_in_one_folder():
    row = {"set": "pool", "row": 0, "id": "a", "kind": "answer", "benchmark": "mmbench"}
    folder = contamination.CONTAMINATION
    contamination.write_contamination(folder, [{**row, "item": "1", "evidence": "x"}], {"sets": {}})
    assert read_table(folder / contamination.FINDINGS_NAME).num_rows == 1
    assert contamination.read_contamination_card() == {"sets": {}}


def test_findings_of_ones_own_replace_no_others(tmp_path):
    (tmp_path / "pool").mkdir()
    (tmp_path / "pool/card.json").write_text("{}")
    (tmp_path / "file").touch()
    for folder, message in [
        ("./data/contamination", "is the stage's own folder; name another"),
        ("pool", "pool holds a card.json of something else"),
        ("file", "file is a file; name a folder"),
    ]:
        with pytest.raises(UserError, match=message):
            contamination.require_own_folder(tmp_path / folder)
    contamination.require_own_folder(tmp_path / "new")
    contamination.write_contamination(tmp_path / "new", [], {})
    contamination.require_own_folder(tmp_path / "new")
