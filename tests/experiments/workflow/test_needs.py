"""What stages and experiments ask a machine for, here and of a cluster."""

import os
import re
import subprocess
import sys

import pytest
import yaml
from support.committed import ROOT, committed_params, link_committed_project
from support.default_settings import default_params

from bettersynth.errors import UserError
from bettersynth.experiments.workflow.needs import Needs, experiment_needs, stage_needs

STAGES = yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"]
EIGHT_GPUS = {"gpu": 8, "cores_a_gpu": 6, "mem_mb_a_gpu": 20_000}


def meta_of(stage):
    return stage.get("do", stage).get("meta") or {}


def test_a_stage_without_words_needs_one_core():
    assert stage_needs(None, {}) == Needs(threads=1, mem_mb=4000, gpu=0)


def test_all_cores_are_those_of_this_machine():
    assert stage_needs({"threads": "all"}, {}).threads == len(os.sched_getaffinity(0))


def test_a_stage_on_gpus_gets_each_gpus_share_of_the_machine():
    needs = stage_needs({"gpu": True}, default_params(launch=EIGHT_GPUS))
    assert needs == Needs(threads=48, mem_mb=160_000, gpu=8)


def test_without_a_gpu_it_is_a_stage_like_others():
    needs = stage_needs({"gpu": True}, default_params(launch={}))
    assert needs == Needs(threads=1, mem_mb=4000, gpu=0)


def test_a_wrong_number_of_gpus_is_one_line():
    with pytest.raises(UserError, match="launch.gpu must be of type int, not 'many'"):
        stage_needs({"gpu": True}, default_params(launch={"gpu": "many"}))


def test_an_experiment_asks_for_what_its_neediest_stage_does():
    needs = experiment_needs(default_params(launch=EIGHT_GPUS), ROOT / "dvc.yaml")
    assert needs == Needs(threads=48, mem_mb=160_000, gpu=8)


def test_experiments_without_a_gpu_run_side_by_side():
    needs = experiment_needs(committed_params(), ROOT / "dvc.yaml")
    assert needs == Needs(threads=1, mem_mb=4000, gpu=0)


def test_a_dvc_yaml_without_stages_is_one_line(tmp_path):
    (tmp_path / "dvc.yaml").write_text("stages: {}\n")
    with pytest.raises(UserError, match="has no stages"):
        experiment_needs({}, tmp_path / "dvc.yaml")


def test_what_asks_a_model_is_what_may_have_a_gpu():
    on_gpus = {name for name, stage in STAGES.items() if meta_of(stage).get("gpu")}
    assert on_gpus == {
        *("stats", "caption", "draw", "restats"),
        *("pretrain_lm", "pretrain", "finetune", "predict"),
    }


def test_the_slurm_profile_says_how_many_cores_stages_take_that_take_all():
    profile = yaml.safe_load((ROOT / "profiles/slurm/config.yaml").read_text())
    taking_all = {name for name, stage in STAGES.items() if meta_of(stage).get("threads") == "all"}
    assert set(profile["set-threads"]) == taking_all


def test_snakemake_asks_a_cluster_for_what_the_stages_need(tmp_path):
    project = link_committed_project(tmp_path / "project")
    params = project / "params.yaml"
    settings = yaml.safe_load(params.read_text())
    settings["launch"] |= EIGHT_GPUS
    params.write_text(yaml.safe_dump(settings))
    # SLURM's own executor is no package that the tests need
    profile = ["--workflow-profile", "profiles/slurm", "--executor", "local", "--cores", "64"]
    done = subprocess.run(
        [sys.executable, "-m", "snakemake", *profile, "--dry-run", "models/finetune/0"],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    job = re.search(r"rule finetune_0:.*?\n\n", done.stdout, re.S)[0]
    assert "threads: 48\n" in job
    assert "mem_mb=160000" in job and "gpu=8" in job and "slurm_partition=gpu" in job
    job = re.search(r"rule pool:.*?\n\n", done.stdout, re.S)[0]
    assert "threads: 16\n" in job and "gpu=0" in job
