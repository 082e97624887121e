"""`snakemake results/NAME/...` where an experiment, a search or a pools run is refused: the earlier
results stay, and do not count as new.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.committed import ROOT, link_committed_project

RESULTS = {
    "bettersynth.experiments.workflow.experiment": "results/tiny/score.json",
    "bettersynth.experiments.search.command": "results/search/tiny/best.json",
    "bettersynth.experiments.studies.pools_command": "results/pools/tiny/report.html",
}
CONF = ("experiment/tiny.yaml", "search/tiny.yaml", "pools/tiny.yaml")
CASES = "\n".join(f"  {module}) made={path};;" for module, path in RESULTS.items())
# Stands before the real one on the path: what is run by name takes no time, and may be refused.
PYTHON = f"""#!/bin/sh
case "$2" in
{CASES}
  bettersynth.steps.score) exit 0;;
  *) exec {sys.executable} "$@";;
esac
echo "$made" >> called.txt
if [ "$MADE" = "" ]; then echo refused >&2; exit 1; fi
echo "$MADE" > "$made"
echo "$MADE" > "$(dirname "$made")/report.html"
"""


def run(project: Path, made: str = "") -> tuple[int, int, set[str]]:
    """Return the exit code, how many of the three were run, and what their results hold."""
    calls = project / "called.txt"
    calls.unlink(missing_ok=True)
    snakemake = [Path(sys.executable).parent / "snakemake", "--cores", "1", "--keep-going"]
    path = f"{project.parent / 'bin'}:{os.environ['PATH']}"
    done = subprocess.run(
        [*snakemake, *RESULTS.values()],
        cwd=project,
        env={**os.environ, "PATH": path, "MADE": made},
        text=True,
        capture_output=True,
        check=False,
    )
    # the stages of the project itself, which nobody asked for
    assert "differ from dvc.lock" not in done.stdout + done.stderr
    called = calls.read_text().split() if calls.exists() else []
    return done.returncode, len(called), {(project / path).read_text() for path in RESULTS.values()}


@pytest.mark.slow
def test_results_stay_until_there_are_new_ones_and_what_was_refused_is_run_again(tmp_path):
    project = link_committed_project(tmp_path / "project")
    python = tmp_path / "bin/python"
    python.parent.mkdir()
    python.write_text(PYTHON)
    python.chmod(0o755)
    (project / "conf").unlink()
    subprocess.run(["cp", "-r", ROOT / "conf", project / "conf"], check=True)
    assert run(project, made="first") == (0, 3, {"first\n"})
    assert run(project, made="nothing to do") == (0, 0, {"first\n"})
    # the report of a score is not taken for an older one's
    for path in RESULTS.values():
        report = project / Path(path).with_name("report.html")
        assert report.stat().st_mtime_ns >= (project / path).stat().st_mtime_ns
    for name in CONF:
        with (project / "conf" / name).open("a") as conf:
            conf.write("# changed\n")
    for _ in range(2):
        assert run(project) == (1, 3, {"first\n"})
    assert run(project, made="second") == (0, 3, {"second\n"})
    assert run(project, made="nothing to do") == (0, 0, {"second\n"})
    # a file that was removed is made again
    for path in RESULTS.values():
        (project / path).unlink()
    assert run(project, made="third") == (0, 3, {"third\n"})
