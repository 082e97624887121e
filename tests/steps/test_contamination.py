"""The stage `contamination` on data that the benchmarks hold."""

from __future__ import annotations

import pytest
from support.contaminated_data import write_contaminated
from support.small_pool import write_params

from bettersynth.data.tables.contamination import dropped_of_instruction, dropped_of_pool
from bettersynth.errors import UserError
from bettersynth.steps import contamination


@pytest.fixture(autouse=True)
def _in_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_contaminated()


def test_by_default_all_is_counted_and_nothing_dropped(capsys):
    write_params(contamination={})
    assert contamination.main() == {"samples": 5}
    assert "same picture 1" in capsys.readouterr().out
    assert dropped_of_pool() == dropped_of_instruction() == set()


def test_what_the_settings_drop_is_kept_from_both_trainings():
    write_params(contamination={"pictures": "drop", "answers": "drop"})
    contamination.main()
    assert dropped_of_pool() == {"s00", "s01"}
    assert dropped_of_instruction() == {1}


def test_refused_data_ends_the_run():
    write_params(contamination={"questions": "refuse"})
    with pytest.raises(UserError, match=r"instruction sample taken\.png holds the question"):
        contamination.main()
