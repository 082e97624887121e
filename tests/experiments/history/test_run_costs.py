"""The ledger's record of `bettersynth run`, and how long models waited."""

from __future__ import annotations

from pathlib import Path

import pytest

from bettersynth.experiments.history.run_costs import record_run, run_record, waiting_in_words


@pytest.fixture(autouse=True)
def _in_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("BETTERSYNTH_CACHE", raising=False)


def test_the_last_run_to_an_export_is_found_by_its_place():
    Path("dvc.yaml").write_text("stages: {}\n")
    record_run(Path("out.jsonl"), {"samples": 5})
    record_run(Path("out.jsonl"), {"samples": 7, "model_waiting_share": 0.25})
    record_run(Path("other.jsonl"), {"samples": 1})
    record = run_record(Path("out.jsonl").absolute())
    assert (record["stage"], record["samples"]) == ("run", 7)
    assert record["wall_seconds"] > 0
    assert run_record(Path("missing.jsonl")) is None
    assert waiting_in_words({"run": record}) == "of its time the model waited: run 25%"


def test_outside_of_a_project_nothing_is_kept():
    record_run(Path("out.jsonl"), {"samples": 5})
    assert list(Path().iterdir()) == []


def test_where_no_share_is_known_nothing_is_said():
    assert waiting_in_words({"mix": {"samples": 3}, "pool": None}) == ""
