"""Files as git has them: the workspace may hold the settings and results of an experiment."""

import subprocess
from pathlib import Path
from typing import Any

from bettersynth.settings.reading import parse_yaml

ROOT = Path(__file__).parents[2]


def committed_params_text() -> bytes:
    """Return the last commit's params.yaml; the file itself where there is no git."""
    command = ["git", "show", "HEAD:./params.yaml"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True)
    return (ROOT / "params.yaml").read_bytes() if done.returncode else done.stdout


def committed_params() -> dict[str, Any]:
    """Return the settings of the last commit's params.yaml."""
    return parse_yaml(committed_params_text(), "params.yaml of the last commit")
