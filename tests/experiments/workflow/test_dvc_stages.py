"""DVC's stages as Snakemake gets them: order, staleness, resources; mistakes are one line."""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from support.committed import link_committed_project

from bettersynth.errors import UserError
from bettersynth.experiments.workflow.dvc_stages import (
    Stage,
    checked_stages,
    load_stages,
    recorded_names,
)
from bettersynth.experiments.workflow.needs import Needs
from bettersynth.settings.reading import load_params

LAUNCH = {
    "processes": 1,
    "launcher": "torchrun",
    "hostfile": None,
    "engine": "local",
    "address": None,
    "gpu": 2,
    "cores_a_gpu": 2,
    "mem_mb_a_gpu": 3000,
}


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A committed project of two stages, one a seed."""
    stages = {
        "pool": {"cmd": "make pool", "outs": ["pool.txt"], "meta": {"threads": 2, "mem_mb": 100}},
        "train": {
            "foreach": "${seeds}",
            "do": {
                "cmd": "train ${item}",
                "deps": ["pool.txt"],
                "outs": ["models/${item}"],
                "meta": {"gpu": True},
            },
        },
    }
    monkeypatch.chdir(tmp_path)
    Path("dvc.yaml").write_text(yaml.safe_dump({"stages": stages}))
    Path("params.yaml").write_text(yaml.safe_dump({"seeds": [0, 1], "launch": LAUNCH}))
    Path(".dvc").mkdir()
    Path(".dvc/config").touch()
    commit = ["-c", "user.name=n", "-c", "user.email=e", "commit", "--quiet", "--message", "start"]
    for command in (["init", "--quiet"], ["add", "--all"], commit):
        subprocess.run(["git", *command], check=True)
    return tmp_path


def test_stages_come_in_order_and_what_reads_from_a_stale_one_is_stale(tmp_path):
    project = link_committed_project(tmp_path / "project")
    stages = load_stages(project)
    made_at = {path: position for position, stage in enumerate(stages) for path in stage.outputs}
    for position, stage in enumerate(stages):
        assert all(made_at[path] < position for path in stage.inputs), stage.name
    stale = {path for stage in stages if stage.stale for path in stage.outputs}
    assert all(stage.stale for stage in stages if stale & set(stage.inputs))


def test_a_folder_without_git_or_without_a_commit_is_one_line(tmp_path):
    with pytest.raises(UserError, match="is not a git repository; .* run `git init"):
        load_stages(tmp_path)
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    (tmp_path / ".dvc").mkdir()
    (tmp_path / ".dvc/config").write_text("")
    with pytest.raises(UserError, match="git has no commit"):
        load_stages(tmp_path)


def test_a_stage_has_its_files_and_its_resources(project):
    pool, *train = sorted(load_stages(), key=lambda stage: stage.name)
    assert pool == Stage(
        name="pool",
        command="make pool",
        inputs=(),
        outputs=("pool.txt",),
        folders=frozenset(),
        stale=True,
        needs=Needs(threads=2, mem_mb=100, gpu=0),
    )
    assert [stage.name for stage in train] == ["train@0", "train@1"]
    assert [stage.rule_name for stage in train] == ["train_0", "train_1"]
    assert train[0].inputs == ("pool.txt",)
    assert train[0].folders == {"models/0"}
    assert train[0].needs == Needs(threads=4, mem_mb=6000, gpu=2)


@pytest.mark.parametrize("seeds", [3, [], [0, 0], "0, 1", [0.5]])
def test_seeds_that_make_no_stages_are_one_line(project, seeds):
    Path("params.yaml").write_text(yaml.safe_dump({"seeds": seeds}))
    with pytest.raises(UserError, match="seeds must be a list of different whole numbers"):
        checked_stages()


def test_settings_of_an_older_version_are_told_with_the_way_out(project):
    stages = {"train": {"cmd": "train", "deps": ["${watched.source.own}"]}}
    Path("dvc.yaml").write_text(yaml.safe_dump({"stages": stages}))
    message = "Could not find 'watched.source.own'; .*compose it anew: `bettersynth compose`"
    with pytest.raises(UserError, match=message):
        load_stages()


def test_where_a_stage_has_to_run_the_settings_are_checked(project):
    Path("params.yaml").write_text(yaml.safe_dump(load_params() | {"fitler": {}}))
    with pytest.raises(UserError, match="params.yaml: no stage reads fitler"):
        checked_stages()


def test_a_stage_that_never_ran_is_not_among_the_recorded_ones(project):
    stages = load_stages()
    assert recorded_names(stages) == []
    dvc = Path(sys.executable).parent / "dvc"
    Path("models").mkdir()
    for name in ("pool.txt", "models/0"):
        Path(name).touch()
    for name in ("pool", "train@0"):
        subprocess.run([dvc, "commit", "--force", "--quiet", name], check=True)
    assert sorted(recorded_names(stages)) == ["pool", "train@0"]
