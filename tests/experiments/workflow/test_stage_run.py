import os
import subprocess
import sys
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


BOTH_STAGES = """
import contextlib
from bettersynth.experiments.workflow.stage_run import run_stage
for stage in ("train@0", "train@1"):
    with contextlib.suppress(SystemExit):
        run_stage(stage)
"""


def test_a_stage_is_one_line_and_its_words_are_in_its_log(tmp_path):
    make_pipeline(tmp_path)
    train = tmp_path / "train.py"
    fails = "import sys\nprint('words')\nif sys.argv[1] == '1':\n    sys.exit('error: no data')\n"
    train.write_text(fails + train.read_text())
    # in a process of its own: pytest's streams are none of the system's
    done = subprocess.run(
        [sys.executable, "-c", BOTH_STAGES],
        cwd=tmp_path,
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    assert done.stdout == ""
    first, second, *last_words = done.stderr.splitlines()
    assert first.startswith("train@0 ")
    assert first.endswith(" s")
    assert second.startswith("train@1 ")
    assert "failed after" in second
    assert last_words[:2] == ["words", "error: no data"]
    assert last_words[-1] == "all words of train@1: .snakemake/log/stages/train@1.log"
    assert "words\n" in (tmp_path / ".snakemake/log/stages/train@0.log").read_text()


def test_another_params_yaml_than_the_planned_one_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("params.yaml").write_text(PARAMS)
    monkeypatch.setenv(PLANNED, "of another file")
    with pytest.raises(UserError, match="changed after this run was planned"):
        run_stage("train@0")
