import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.no_files import NO_FILES, put
from support.small_pipeline import PARAMS, make_pipeline

from bettersynth.errors import UserError
from bettersynth.experiments.workflow.planned_run import require_recorded
from bettersynth.experiments.workflow.wrong_records import forget_if_wrong
from bettersynth.settings.reading import load_params


def recorded():
    return sorted(
        (load_params("dvc.lock").get("stages") or {}) if Path("dvc.lock").exists() else {}
    )


def cached():
    return len(list(Path(".dvc/cache/runs").glob("*/*/*")))


def test_a_record_of_settings_that_were_not_used_is_removed_everywhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    make_pipeline(tmp_path)
    Path("after_1").write_text(PARAMS.replace("0.0003", "0.005"))
    subprocess.run([sys.executable, "-m", "dvc", "repro", "--quiet"], check=True, env=os.environ)
    assert recorded() == ["train@0", "train@1"]
    assert cached() == 2
    used = {"train": {"rate": 0.0003}}
    assert forget_if_wrong("train@0", used) == ""
    assert forget_if_wrong("train@9", used) == ""
    with pytest.raises(UserError, match=r"train.rate changed from 0.0003 to 0.005 as train@1"):
        require_recorded("train@1", used)
    assert recorded() == ["train@0"]
    assert cached() == 1


@pytest.mark.parametrize("kind", NO_FILES)
def test_what_is_no_record_is_told(tmp_path, monkeypatch, kind):
    monkeypatch.chdir(tmp_path)
    assert forget_if_wrong("train@0", {"train": {"rate": 0.0003}}) == ""
    put(kind, Path("dvc.lock"))
    with pytest.raises(UserError, match=f"^dvc.lock is {NO_FILES[kind]}; it must be a file"):
        forget_if_wrong("train@0", {"train": {"rate": 0.0003}})
