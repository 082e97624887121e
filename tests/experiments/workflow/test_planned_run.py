import os
from pathlib import Path

import pytest
from support.no_files import NO_FILES, put

from bettersynth.errors import UserError
from bettersynth.experiments.workflow import planned_run
from bettersynth.experiments.workflow.planned_run import (
    PLANNED,
    note_used_settings,
    require_planned,
)
from bettersynth.experiments.workflow.stage_inputs import StageInputs

FIRST = StageInputs("train@0", b"rate: 1\n", {"rate": 1}, {})
OTHER = StageInputs("train@1", b"rate: 2\n", {"rate": 2}, {})


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BETTERSYNTH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv(PLANNED, "")


def test_params_other_than_the_planned_ones_are_refused(monkeypatch):
    monkeypatch.setenv(PLANNED, planned_run.params_digest(FIRST.params))
    require_planned(FIRST)
    with pytest.raises(UserError, match=r"changed after this run was planned .* snakemake again"):
        require_planned(OTHER)


def test_the_stages_of_one_run_of_dvc_are_held_to_the_first_ones_params(monkeypatch):
    monkeypatch.setattr(planned_run, "note_of_this_run", lambda: Path("note.json"))
    require_planned(FIRST)
    note_used_settings(FIRST)
    # processes that it starts
    assert os.environ[PLANNED] == planned_run.params_digest(FIRST.params)
    os.environ[PLANNED] = ""
    require_planned(FIRST)
    os.environ[PLANNED] = ""
    with pytest.raises(UserError, match=r"what is finished is kept; run the same command again"):
        require_planned(OTHER)


def test_a_wrong_record_of_the_stage_before_ends_the_run(monkeypatch):
    monkeypatch.setattr(planned_run, "note_of_this_run", lambda: Path("note.json"))
    monkeypatch.setattr(planned_run, "forget_if_wrong", lambda stage, used: "rate changed")
    require_planned(FIRST)
    note_used_settings(FIRST)
    os.environ[PLANNED] = ""
    with pytest.raises(UserError, match=r"rate changed as train@0 ended; its record is removed"):
        require_planned(FIRST)


def test_notes_of_runs_that_have_ended_are_removed():
    old = Path(os.environ["BETTERSYNTH_CACHE"], "runs", f"{2**22 + 1}-0-abc.json")
    old.parent.mkdir(parents=True)
    old.write_text("{}")
    assert planned_run.note_of_this_run() is None  # no DVC runs this test
    assert not old.exists()


@pytest.mark.parametrize("kind", NO_FILES)
def test_what_is_no_note_is_told(monkeypatch, kind):
    monkeypatch.setattr(planned_run, "note_of_this_run", lambda: Path("note.json"))
    put(kind, Path("note.json"))
    for told in (require_planned, note_used_settings):
        with pytest.raises(UserError, match=f"^note.json is {NO_FILES[kind]}; it must be a file"):
            told(FIRST)
