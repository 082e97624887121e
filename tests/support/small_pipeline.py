"""A project with one kind of stage, for what DVC records: a command that runs for a moment."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PARAMS = "train:\n  rate: 0.0003\nother: 1\nseeds: [0, 1]\n"
DVC_YAML = """
stages:
  train:
    foreach: ${seeds}
    do:
      cmd: "%s train.py ${item}"
      params: [train]
      deps: [data.txt]
      outs: ["models/${item}"]
"""
# What it writes shows the settings that it used; then something changes before DVC looks again.
TRAIN = """
import pathlib, sys
pathlib.Path("models").mkdir(exist_ok=True)
params = pathlib.Path("params.yaml")
pathlib.Path("models", sys.argv[1]).write_text(params.read_text().split()[2])
new = pathlib.Path("after_" + sys.argv[1])
if new.exists():
    params.write_text(new.read_text())
"""


def make_pipeline(folder: Path) -> None:
    """Make the project in an empty folder: git, DVC, two stages `train@0` and `train@1`."""
    (folder / "params.yaml").write_text(PARAMS)
    (folder / "dvc.yaml").write_text(DVC_YAML % sys.executable)
    (folder / "train.py").write_text(TRAIN)
    (folder / "data.txt").write_text("data\n")
    (folder / ".gitignore").write_text("/models\n")
    dvc = [str(Path(sys.executable).parent / "dvc"), "init", "--quiet"]
    for command in (["git", "init", "--quiet"], dvc):
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
    git = ["git", "-c", "user.name=n", "-c", "user.email=a@example.org"]
    subprocess.run([*git, "add", "--all"], cwd=folder, check=True)
    subprocess.run([*git, "commit", "--quiet", "-m", "start"], cwd=folder, check=True)
