"""The program that measures stage 1 says of each job what came of it."""

import json
from pathlib import Path

import pytest

from bettersynth.errors import UserError
from bettersynth.experiments.search import stage_one_program as room
from bettersynth.experiments.studies.stage_one import StageOne


@pytest.fixture(autouse=True)
def _measured(tmp_path, monkeypatch):
    def measure(folder, params, asking):
        assert asking == ["options"]
        # pool and features are found from here
        assert Path.cwd() == tmp_path / "tree"
        if params["bad"]:
            raise UserError("the pool has 0 pairs")
        return StageOne({"options": 0.5}, {"options": 1e6, "captions": 1e6})

    Path(tmp_path, "tree").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(room, "measure_folder", measure)


def test_values_seconds_and_reasons_are_written(tmp_path, monkeypatch):
    jobs = []
    for name, bad in (("a", False), ("b", True)):
        job = {"tree": str(tmp_path / "tree"), "folder": str(tmp_path / name)}
        job["asking"] = ["options"]
        jobs.append(job | {"params": {"bad": bad}, "result": str(tmp_path / f"{name}.json")})
    plan = tmp_path / "jobs.json"
    plan.write_text(json.dumps(jobs))
    monkeypatch.setattr("sys.argv", ["program", str(plan)])
    room.main()
    first = json.loads((tmp_path / "a.json").read_text())
    # a model that was measured before costs what it had cost
    assert first["cpu_seconds"] == 1e6
    assert (first["values"], first["failure"]) == ({"options": 0.5}, "")
    second = json.loads((tmp_path / "b.json").read_text())
    assert (second["values"], second["failure"]) == ({}, "the pool has 0 pairs")
    assert 0 <= second["cpu_seconds"] < 1e6 and second["gpu_seconds"] == 0
