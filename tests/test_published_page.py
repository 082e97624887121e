"""`snakemake --keep-going results/published/report.html` where a twin fails: the others are
trained, the page shows them, and the next run makes what is missing and no more.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support.committed import ROOT, link_committed_project

TWINS = ("clip_top_200k", "matching_05")
PAGE = "results/published/report.html"
RUN_BY_HAND = "bettersynth.experiments.workflow.experiment"
# Stands before the real one on the path: an experiment takes no time, and one of them may fail.
# What a run prints of scores at its end is left out: those here are not whole.
PYTHON = f"""#!/bin/sh
if [ "$2" = bettersynth.steps.score ]; then exit 0; fi
if [ "$2" != {RUN_BY_HAND} ]; then exec {sys.executable} "$@"; fi
echo "$3" >> experiments.txt
if [ "$3" = "$FAILS" ]; then echo "no space left" >&2; exit 1; fi
cp score.json "results/$3/score.json"
touch "results/$3/report.html"
"""
SCORE = {"seeds": 2, "samples": 1440, "mmbench_protocol": "likelihood"}
for _benchmark, _score in (("mmbench", 50.0), ("textvqa", 80.0)):
    SCORE |= {_benchmark: _score, f"{_benchmark}_low": _score - 2, f"{_benchmark}_high": _score + 2}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A clone with two twins and a `python` for which experiments take no time."""
    project = link_committed_project(tmp_path / "project")
    (project / "conf").unlink()
    shutil.copytree(ROOT / "conf", project / "conf")
    for twin in (project / "conf/experiment/published/nano").glob("*.yaml"):
        if twin.stem not in TWINS:
            twin.unlink()
    (project / "score.json").write_text(json.dumps(SCORE))
    python = tmp_path / "bin/python"
    python.parent.mkdir()
    python.write_text(PYTHON)
    python.chmod(0o755)
    return project


def run_page(project: Path, fails: str = "") -> tuple[int, list[str]]:
    """Return the exit code, and the twins that were run for the page."""
    calls = project / "experiments.txt"
    calls.unlink(missing_ok=True)
    snakemake = [Path(sys.executable).parent / "snakemake", "--cores", "1", "--keep-going", PAGE]
    path = f"{project.parent / 'bin'}:{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "FAILS": fails}
    done = subprocess.run(
        snakemake, cwd=project, env=environment, text=True, capture_output=True, check=False
    )
    called = calls.read_text().split() if calls.exists() else []
    return done.returncode, sorted(name.removeprefix("published/nano/") for name in called)


@pytest.mark.slow
def test_a_twin_that_fails_loses_no_other(project: Path) -> None:
    assert run_page(project, fails="published/nano/matching_05") == (1, list(TWINS))
    page = (project / PAGE).read_text()
    assert "1 of 2 twins ran" in page
    assert "Not run: matching_05." in page
    assert run_page(project) == (0, ["matching_05"])
    assert "2 of 2 twins ran" in (project / PAGE).read_text()
    # again from finished scores
    (project / PAGE).unlink()
    assert run_page(project) == (0, [])
    assert "2 of 2 twins ran" in (project / PAGE).read_text()
