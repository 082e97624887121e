"""Why a stage has to run again is said in words of the settings and files."""

import subprocess
import sys
from pathlib import Path

import pytest
from support.no_files import NO_FILES, put
from support.small_pipeline import PARAMS, make_pipeline

from bettersynth.errors import UserError
from bettersynth.experiments.workflow.stale_reasons import stale_stages


@pytest.fixture
def _pipeline(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    make_pipeline(tmp_path)


def reasons():
    return {stage.name: stage.reason for stage in stale_stages()[1]}


def test_settings_files_outputs_and_what_never_ran_are_told(_pipeline):
    assert set(reasons().values()) == {"has not run yet"}
    dvc = [str(Path(sys.executable).parent / "dvc"), "repro", "--quiet"]
    subprocess.run(dvc, check=True)
    assert reasons() == {}
    Path("params.yaml").write_text(PARAMS.replace("0.0003", "0.005"))
    assert reasons()["train@0"] == "train.rate changed from 0.0003 to 0.005"
    Path("params.yaml").write_text(PARAMS)
    Path("data.txt").write_text("other\n")
    Path("models/1").unlink()
    found = reasons()
    assert found["train@0"] == "data.txt changed"
    assert found["train@1"] == "data.txt changed; its output models/1 is missing"


def test_without_a_repository_the_way_out_is_told(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match="git init"):
        stale_stages()


def test_what_is_no_file_is_told_in_the_place_of_all_that_dvc_reads(_pipeline):
    for name in ("dvc.lock", "dvc.yaml", "params.yaml", ".dvcignore", ".dvc/config.local"):
        before = Path(name).read_bytes() if Path(name).exists() else None
        for kind, words in NO_FILES.items():
            put(kind, Path(name))
            with pytest.raises(UserError, match=f"^{name} is {words}; it must be a file: move it"):
                stale_stages()
        put("folder", Path(name))
        Path(name).rmdir()
        if before is not None:
            Path(name).write_bytes(before)
    assert set(reasons().values()) == {"has not run yet"}


@pytest.mark.parametrize("name", ["data.txt", "models/0"])
def test_dvc_is_not_asked_of_a_pipe(_pipeline, name):
    Path("models").mkdir()
    for kind in ("pipe", "loop"):
        put(kind, Path(name))
        with pytest.raises(UserError, match=f"^{name} is {NO_FILES[kind]}; it must be a file or a"):
            stale_stages()
