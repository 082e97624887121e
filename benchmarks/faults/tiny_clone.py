"""A clone of this project that a program may break: the tiny experiment, committed, not yet run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]
SCORE = ("snakemake", "--cores", "all", "results/score.json")
# Fewer pictures and steps than conf/experiment/tiny.yaml: each kill costs a part of a run
SETTINGS = (
    "experiment=tiny",
    "seeds=[0]",
    "pool.emoji.never_groups=[component,flags,symbols,people-body,objects,smileys-emotion,brand]",
    "scorer.updates=10",
    "captioner.updates=20",
    "mix.visits=64",
    "pretrain.save_steps=1",
    "finetune.visits=64",
    "finetune.save_steps=1",
)


def environment() -> dict[str, str]:
    """Return the environment of a shell in which this Python's programs come first."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    shell = {**os.environ, "PATH": path, "OMP_WAIT_POLICY": "passive"}
    # each clone has a `.cache/` of its own
    shell.pop("BETTERSYNTH_CACHE", None)
    return shell


def run(command: Sequence[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a command to its end; what it printed is one text."""
    return subprocess.run(
        command,
        cwd=folder,
        env=environment(),
        text=True,
        errors="replace",
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )


def require(command: Sequence[str], folder: Path) -> str:
    """Run a command that must succeed, and return what it printed."""
    done = run(command, folder)
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed in {folder}:\n{done.stdout[-4000:]}")
    return done.stdout


def make_clone(folder: Path) -> Path:
    """Copy what git would carry of this tree, choose the tiny experiment and commit.

    Downloaded packages are taken from this tree's `.cache/archives`, where it has them.
    """
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    for name in require(listed, ROOT).splitlines():
        if (ROOT / name).is_file() and name != "dvc.lock":
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    archives = ROOT / ".cache/archives"
    if archives.is_dir():
        shutil.copytree(archives, folder / ".cache/archives")
    require(["git", "init", "--quiet", "--initial-branch=main"], folder)
    require(["git", "config", "user.email", "test@example.org"], folder)
    require(["git", "config", "user.name", "test"], folder)
    require([sys.executable, "-m", "bettersynth.cli", "compose", *SETTINGS], folder)
    require(["git", "add", "--all"], folder)
    require(["git", "commit", "--quiet", "--message", "start"], folder)
    return folder


def finished_clone(folder: Path) -> Path:
    """Return a clone that an undisturbed run has finished: one that is there, or a new one."""
    if not (folder / "results/score.json").is_file():
        shutil.rmtree(folder, ignore_errors=True)
        make_clone(folder)
        require(SCORE, folder)
    return folder
