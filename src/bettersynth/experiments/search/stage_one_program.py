"""Measure stage 1 of several trained seeds; the search's own process loads no models.

    python -m bettersynth.experiments.search.stage_one_program jobs.json

Each job names the folder of a model, the tree to measure it in, the settings it was trained with,
what is asked (`studies/measures.py`) and the file for what came of it.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any

from bettersynth.data.files.reading import read_json
from bettersynth.data.files.writing import write_json
from bettersynth.errors import UserError
from bettersynth.experiments.history.process_times import cpu_seconds
from bettersynth.experiments.studies.stage_one import measure_folder
from bettersynth.experiments.workflow.run_step import run_step


def measure_jobs(jobs: list[dict[str, Any]]) -> None:
    """Measure each job and write its result: values and seconds, or why there are none.

    The first is charged with what loading this process took.
    """
    counted = 0.0
    for job in jobs:
        began = time.monotonic()
        os.chdir(job["tree"])
        try:
            measured = measure_folder(Path(job["folder"]), job["params"], job["asking"])
        except UserError as error:
            result: dict[str, Any] = {"values": {}, "failure": str(error)}
            least = 0.0
        else:
            result = {"values": measured.values, "failure": ""}
            # one that was known already costs what it had cost
            least = measured.cpu_seconds(job["asking"])
        now = cpu_seconds()
        wall = time.monotonic() - began if _uses_gpu() else 0.0
        seconds = {
            "cpu_seconds": round(max(now - counted, least), 2),
            "gpu_seconds": round(wall, 2),
        }
        counted = now
        write_json(job["result"], result | seconds)


def _uses_gpu() -> bool:
    cuda = getattr(sys.modules.get("torch"), "cuda", None)
    return cuda is not None and bool(cuda.is_initialized())


def main() -> None:
    """Measure the jobs of the file that the command line names."""
    measure_jobs(read_json(Path(sys.argv[1])))


if __name__ == "__main__":
    run_step(main)
