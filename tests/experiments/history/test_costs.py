"""The ledger: a finished step is found again by what it made, as `dvc.lock` says it, and by nothing
else.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from support.committed import link_committed_project

from bettersynth.experiments.history.costs import (
    add_up,
    by_step,
    cost_table,
    record_path,
    stage_costs,
    stage_outputs,
)
from bettersynth.experiments.history.dvc_hashes import dvc_md5

ROOT = Path(__file__).parents[3]
STEP = """
from pathlib import Path
import sys
from bettersynth.experiments.workflow.run_step import run_step
from bettersynth.experiments.workflow.stage_inputs import stage_item

def main():
    seed = (sys.argv[1:] or [stage_item()])[0]
    folder = Path(f"models/{seed}")
    (folder / "inner").mkdir(parents=True)
    (folder / "a.txt").write_text(seed)
    (folder / "inner" / "b.txt").write_text("b")
    Path(f"{seed}.tsv").write_text("step\\tloss\\n")
    return {"samples": 7, "tokens": 70}

if __name__ == "__main__":
    run_step(main)
"""
PIPELINE = """
stages:
  drill:
    foreach: [0, 1]
    do:
      cmd: python -m bettersynth.steps.drill ${item}
      outs: ["models/${item}"]
      plots:
        - ${item}.tsv: {x: step, y: loss}
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("BETTERSYNTH_CACHE", raising=False)
    (tmp_path / "dvc.yaml").write_text(PIPELINE)
    return tmp_path


def test_outputs_of_each_stage_are_those_that_dvc_resolves(project: Path) -> None:
    from dvc.repo import Repo

    (project / "dvc.yaml").unlink()
    link_committed_project(project)
    checked = set()
    for stage in Repo(".").index.stages:
        step, *_ = stage.addressing.split("@")
        words = stage.cmd.split()
        arguments = words[words.index(f"bettersynth.steps.{step}") + 1 :]
        if step == "stats":
            # its command names no stat: DVC says which one it is
            arguments = [stage.addressing.split("@")[1]]
        found = stage_outputs(step, arguments)
        assert found == (
            stage.addressing,
            [str(Path(out.fs_path).relative_to(project)) for out in stage.outs],
        )
        checked.add(step)
    assert {"pool", "stats", "pretrain", "predict", "score"} <= checked
    assert stage_outputs("predict", ["0"]) is None
    assert stage_outputs("nothing", []) is None


@pytest.mark.parametrize(
    ("arguments", "environment"), [(["1"], {}), ([], {"DVC_STAGE": "drill@1"})]
)
def test_a_finished_step_leaves_a_record_that_the_lock_of_its_outputs_finds(
    project: Path, arguments: list[str], environment: dict[str, str]
) -> None:
    package = project / "src/bettersynth"
    (package / "steps").mkdir(parents=True)
    (package / "steps/drill.py").write_text(STEP)
    code = (
        f"import bettersynth.steps as s, runpy, sys; "
        f"s.__path__.append({str(package / 'steps')!r}); sys.argv = {['drill', *arguments]!r}; "
    )
    code += "runpy.run_module('bettersynth.steps.drill', run_name='__main__', alter_sys=True)"
    subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        env={"PYTHONPATH": str(ROOT / "src"), "PATH": "", **environment},
        cwd=project,
    )
    outputs = {"models/1": dvc_md5(Path("models/1")), "1.tsv": dvc_md5(Path("1.tsv"))}
    lock = {
        "stages": {
            "drill@1": {
                "outs": [{"path": path, "md5": md5} for path, md5 in sorted(outputs.items())]
            }
        }
    }
    found = stage_costs(lock)["drill@1"]
    assert found is not None
    assert (found["stage"], found["samples"], found["tokens"], found["gpu_seconds"]) == (
        "drill@1",
        7,
        70,
        0.0,
    )
    assert 0 < found["cpu_seconds"] < 60
    assert found["wall_seconds"] > 0
    assert found["peak_memory_mb"] > 1
    record_path("drill@1", outputs).write_bytes(b"")
    assert stage_costs(lock) == {"drill@1": None}
    record_path("drill@1", outputs).write_text('{"cpu_seconds": "many"}')
    assert stage_costs(lock) == {"drill@1": None}
    lock["stages"]["drill@1"]["outs"][0]["md5"] = "0" * 32
    assert stage_costs(lock) == {"drill@1": None}


def test_a_folders_hash_is_the_one_that_dvc_writes(project: Path) -> None:
    for name, text in (("b/2.txt", "two"), ("a.txt", "one"), ("b.txt", "three")):
        path = project / "made" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (project / "made/.snakemake_timestamp").write_text("")
    (project / ".dvcignore").write_text(".snakemake_timestamp\n")
    (project / "dvc.yaml").unlink()
    subprocess.run([sys.executable, "-m", "dvc", "init", "-q", "--no-scm"], check=True)
    subprocess.run([sys.executable, "-m", "dvc", "add", "-q", "made"], check=True)
    assert yaml.safe_load((project / "made.dvc").read_text())["outs"][0]["md5"] == dvc_md5(
        project / "made"
    )


def test_costs_of_a_steps_stages_add_up_and_peaks_do_not(project: Path) -> None:
    one = {
        "wall_seconds": 2.0,
        "cpu_seconds": 1.5,
        "gpu_seconds": 0.0,
        "samples": 5,
        "peak_memory_mb": 100.0,
    }
    records = {
        "drill@0": one,
        "drill@1": {**one, "peak_memory_mb": 300.0},
        "drill@2": None,
        "mix": one,
    }
    drill = by_step(records)["drill"]
    assert (
        drill.wall_seconds,
        drill.samples,
        drill.tokens,
        drill.peak_memory_mb,
        drill.known,
        drill.stages,
    ) == (
        4.0,
        10,
        None,
        300.0,
        2,
        3,
    )
    assert add_up([None]).cpu_seconds is None
    table = cost_table(records).splitlines()
    assert [line.split()[0] for line in table[1:]] == ["drill", "mix", "all"]
    assert table[-1].endswith("3 of 4")
    assert record_path("mix", {"a": "1", "b": "2"}) == record_path("mix", {"b": "2", "a": "1"})
