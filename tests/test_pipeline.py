"""The whole pipeline on a tiny configuration, through the commands that users type, in a fresh
clone.
"""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest

ROOT = Path(__file__).parents[1]


def environment():
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    cache = os.environ.get("BETTERSYNTH_CACHE", str(ROOT / ".cache"))
    return {**os.environ, "PATH": path, "BETTERSYNTH_CACHE": cache, "OMP_WAIT_POLICY": "passive"}


def run(command, folder):
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment(),
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout[-4000:]}"
    return done.stdout


SCORE = ["snakemake", "--cores", "2", "results/score.json", "results/report.html"]


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A clone of what git would carry, after one run of the tiny experiment."""
    folder = tmp_path_factory.mktemp("clone") / "bettersynth"
    files = run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"], ROOT
    ).splitlines()
    for name in files:
        if (ROOT / name).is_file() and name != "dvc.lock":
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    run(["git", "init", "--quiet", "--initial-branch=main"], folder)
    run(["git", "config", "user.email", "test@example.org"], folder)
    run(["git", "config", "user.name", "test"], folder)
    run(
        [sys.executable, "-m", "bettersynth.cli", "compose", "experiment=tiny"],
        folder,
    )
    run(["git", "add", "--all"], folder)
    run(["git", "commit", "--quiet", "--message", "start"], folder)
    killed_in_the_middle(folder, "pretrain")
    run(SCORE, folder)
    return folder


def killed_in_the_middle(folder, stage):
    """Start the pipeline, and kill its whole process tree once `stage` has begun."""
    process = subprocess.Popen(
        SCORE,
        cwd=folder,
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    deadline = time.monotonic() + 600
    while (
        not list(folder.glob(f"models/{stage}*"))
        and process.poll() is None
        and time.monotonic() < deadline
    ):
        time.sleep(0.1)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def test_the_score_has_intervals_and_the_report_is_one_page(project):
    score = json.loads((project / "results/score.json").read_text())
    for benchmark in ("mmbench", "textvqa"):
        assert (
            0 <= score[f"{benchmark}_low"] <= score[benchmark] <= score[f"{benchmark}_high"] <= 100
        )
    report = (project / "results/report.html").read_text()
    assert report.startswith("<!doctype html>")
    assert "http://" not in report.replace("http://www.w3.org", "")


def test_a_second_run_has_nothing_to_do_and_dvc_agrees(project):
    assert "Nothing to be done" in run(SCORE, project)
    assert "up to date" in run(["dvc", "status"], project)


@contextlib.contextmanager
def changed_code(project, file, change):
    """Change a source file while the block runs."""
    path = project / "src/bettersynth" / file
    before = path.read_text()
    path.write_text(change(before))
    assert path.read_text() != before
    try:
        yield
    finally:
        path.write_text(before)


def with_comment(source):
    return f"{source}\n# a comment\n"


def stale_stages(project):
    """The stages that DVC finds changed by themselves, without the seed or operator of each."""
    lines = run(["dvc", "status"], project).splitlines()
    stages = [line.rstrip(":") for line in lines if line.endswith(":") and line[0].strip()]
    return {stage.partition("@")[0] for stage in stages}


def test_a_comment_in_a_mapper_makes_nothing_stale(project):
    with changed_code(project, "operators/expand_macro_mapper.py", with_comment):
        assert stale_stages(project) == set()


def test_a_comment_in_the_sampler_of_answers_makes_predict_stale_and_no_training(project):
    with changed_code(project, "models/answering/generation.py", with_comment):
        assert stale_stages(project) == {"predict"}


def test_other_decimals_of_the_scorer_are_measured_anew(project):
    scores = project / "data/stats/image_text_similarity_filter.parquet"
    before = scores.read_bytes()

    def rounded(source):
        return source.replace("DECIMALS = 6", "DECIMALS = 2")

    with changed_code(project, "models/backbones/lit_scorer.py", rounded):
        stale = stale_stages(project)
        assert stale == {"scorer", "stats", "caption", "draw", "restats"}
        run(["snakemake", "--cores", "2", str(scores.relative_to(project))], project)
        values = pq.read_table(scores)["image_text_similarity"].to_pylist()
        # in float32
        assert all(value == pytest.approx(round(value, 2)) for [value] in values)
        assert {"filter", "mix", "report"} <= stale_stages(project)
    run(SCORE, project)
    assert scores.read_bytes() == before


def test_a_moved_threshold_measures_nothing_again(project):
    run(
        [
            sys.executable,
            "-m",
            "bettersynth.cli",
            "compose",
            "experiment=tiny",
            "filter.threshold=0.3",
        ],
        project,
    )
    done = run(["dvc", "status"], project)
    changed = {
        line.rstrip(":").strip()
        for line in done.splitlines()
        if line and not line.startswith(("\t", " "))
    }
    assert "filter" in changed
    assert not {
        name
        for name in changed
        if name.startswith(("stats", "caption", "scorer", "features", "pool"))
    }


def test_an_experiment_is_applied_and_nothing_is_left_to_do(project):
    run(
        [sys.executable, "-m", "bettersynth.cli", "compose", "experiment=tiny"],
        project,
    )
    assert "Nothing to be done" in run(SCORE, project)
    run(["git", "add", "--all"], project)
    run(["git", "commit", "--quiet", "--message", "first"], project)
    run(
        [
            sys.executable,
            "-m",
            "bettersynth.cli",
            "compose",
            "experiment=tiny",
            "filter.threshold=0.3",
        ],
        project,
    )
    started = run(["snakemake", "--cores", "2", "data/mix/train.json"], project)
    lines = [line.split()[0] for line in started.splitlines() if line.strip()]
    assert "mix" in lines
    assert not [name for name in lines if name.startswith("stats@")]
    run(["dvc", "exp", "apply", "main"], project)
    assert "Nothing to be done" in run(SCORE, project)


def test_a_file_changed_by_hand_is_made_again_from_the_cache(project):
    table = project / "data/filter/decisions.parquet"
    made = table.read_bytes()
    table.unlink()
    table.write_bytes(b"changed")
    done = run(SCORE, project)
    assert table.read_bytes() == made
    assert "from DVC's cache" in done
    assert "Nothing to be done" in run(SCORE, project)
