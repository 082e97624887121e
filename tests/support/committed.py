"""Files as git has them: the workspace may hold the settings and results of an experiment."""

import subprocess
from pathlib import Path
from typing import Any

from bettersynth.settings.reading import parse_yaml

ROOT = Path(__file__).parents[2]
# What settings and stages are read from; no folder in which a run leaves anything
DECODERS = ("models/nano-decoder", "models/nano-decoder-things")
CODE = ("Snakefile", "conf", "dvc.yaml", "profiles", "src", "workflow", *DECODERS)


def committed_params_text() -> bytes:
    """Return the last commit's params.yaml; the file itself where there is no git."""
    command = ["git", "show", "HEAD:./params.yaml"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True)
    return (ROOT / "params.yaml").read_bytes() if done.returncode else done.stdout


def committed_params() -> dict[str, Any]:
    """Return the settings of the last commit's params.yaml."""
    return parse_yaml(committed_params_text(), "params.yaml of the last commit")


def link_committed_project(folder: Path) -> Path:
    """Make `folder` a repository of the project's code, with git's params.yaml and no results."""
    (folder / "models").mkdir(parents=True)
    for name in CODE:
        (folder / name).symlink_to(ROOT / name)
    (folder / "params.yaml").write_bytes(committed_params_text())
    (folder / "requirements.txt").touch()
    (folder / ".dvc").mkdir()
    (folder / ".dvc/config").touch()
    commit = ["-c", "user.name=n", "-c", "user.email=e", "commit", "--quiet", "--message", "start"]
    for command in (["init", "--quiet"], ["add", "--all"], commit):
        subprocess.run(["git", *command], cwd=folder, check=True)
    return folder
