"""benchmarks/same_outputs.py: what it calls the same."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

PROGRAM = Path(__file__).parents[2] / "benchmarks/same_outputs.py"


def tree(folder: Path, **hashes: str) -> Path:
    """Write a `dvc.lock` with one stage of these outputs."""
    outputs = [{"path": path, "md5": md5} for path, md5 in hashes.items()]
    stages = {"fetch": {"cmd": "true", "deps": [{"path": "src", "md5": folder.name}]}}
    stages["pool"] = {"cmd": "true", "outs": outputs}
    folder.mkdir()
    (folder / "dvc.lock").write_text(yaml.safe_dump({"schema": "2.0", "stages": stages}))
    return folder


@pytest.mark.parametrize(
    ("after", "said"),
    [
        ({"pool": "1", "score": "2"}, ["2 of 2 outputs are the same"]),
        ({"pool": "1", "score": "3"}, ["differs: score", "1 of 2 outputs are the same"]),
        (
            {"pool": "1", "page": "2"},
            ["only after: page", "only before: score", "1 of 2 outputs are the same"],
        ),
    ],
)
def test_outputs_are_compared_by_path_and_hash_and_code_is_not(tmp_path, after, said):
    before = tree(tmp_path / "before", pool="1", score="2")
    command = [sys.executable, PROGRAM, before, tree(tmp_path / "after", **after)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.stdout.splitlines() == said
    assert done.returncode == (0 if len(said) == 1 else 1)
