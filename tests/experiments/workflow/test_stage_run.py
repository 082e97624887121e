from pathlib import Path

import pytest
from support.small_pipeline import PARAMS, make_pipeline

from bettersynth.errors import UserError
from bettersynth.experiments.workflow.planned_run import PLANNED
from bettersynth.experiments.workflow.stage_run import run_stage
from bettersynth.settings.reading import load_params


def test_a_stage_is_recorded_with_the_planned_settings_or_not_at_all(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    make_pipeline(tmp_path)
    with pytest.raises(SystemExit) as ended:
        run_stage("train@0")
    assert ended.value.code == 0
    # the settings change between the end of the command and DVC's own reading
    Path("after_1").write_text(PARAMS.replace("0.0003", "0.005"))
    with pytest.raises(UserError, match="train.rate changed from 0.0003 to 0.005"):
        run_stage("train@1")
    assert list(load_params("dvc.lock")["stages"]) == ["train@0"]


def test_another_params_yaml_than_the_planned_one_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("params.yaml").write_text(PARAMS)
    monkeypatch.setenv(PLANNED, "of another file")
    with pytest.raises(UserError, match="changed after this run was planned"):
        run_stage("train@0")
