"""Two processes of this machine against one: what the stage `stats` gains by the second.

    PYTHONPATH=src:benchmarks python benchmarks/local_processes.py --pictures 8192 [--clip FOLDER]

Each run is a process of its own, as a stage is: it measures so many pairs of different pictures
(500 x 400 pixels, JPEG) with an empty cache, by `image_quality_filter`, and where a CLIP in
transformers' format is given by `image_text_similarity_filter` too. One and two processes take
turns; the medians count. Seconds of the clock mean something on idle cores alone; CPU seconds, of
all processes together, say what the second one costs more. `--threads` is the environment that a
stage is started with: Snakemake sets OMP_NUM_THREADS to the cores of a stage.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib
import itertools
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from feeding_a_model import FILES, HEIGHT, WIDTH, jpeg_files

from bettersynth.data.samples.batch import Batch, ImageFacts, Images
from bettersynth.data.samples.text_form import text_of_caption
from bettersynth.measuring.launching import Launch
from bettersynth.measuring.measure import measure, open_column

QUALITY = "image_quality_filter"
SIMILARITY = "image_text_similarity_filter"


@dataclass(frozen=True)
class Reading:
    """Reads a picture: one of a few files, with bytes behind its end that make it another one."""

    folder: Path

    def __call__(self, name: str) -> bytes:
        """Return the bytes of the picture with this number."""
        return (self.folder / f"{int(name) % FILES}.jpg").read_bytes() + name.encode()


def run_once(folder: Path, pictures: int, processes: int, clip: str) -> None:
    """Measure all pairs with an empty cache; print seconds and a hash of the values as JSON."""
    operator = importlib.import_module(f"bettersynth.operators.{SIMILARITY if clip else QUALITY}")
    settings = operator.Measuring(hf_clip=clip) if clip else operator.Measuring()
    batch = pairs(folder, pictures)
    before = cpu_seconds()
    start = time.perf_counter()
    column = open_column(operator, settings)
    measured = measure(operator, settings, batch, column, launch=Launch(workers=processes))
    seconds = time.perf_counter() - start
    cpu = cpu_seconds() - before
    values = hashlib.sha256(json.dumps(measured.values).encode()).hexdigest()
    print(json.dumps({"wall": seconds, "cpu": cpu, "values": values}))


def cpu_seconds() -> float:
    """Return those of this process and of its children that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def pairs(folder: Path, number: int) -> Batch:
    """Return so many pairs, with what the pool's table knows of their pictures."""
    read = Reading(folder)
    names = [str(picture) for picture in range(number)]
    facts = {}
    for name in names:
        content = read(name)
        sha256 = hashlib.sha256(content).hexdigest()
        facts[name] = ImageFacts(sha256, WIDTH, HEIGHT, len(content))
    texts = [text_of_caption(f"a picture with the number {name}") for name in names]
    return Batch(texts, [[name] for name in names], Images(read, facts))


def told(folder: Path, pictures: int, processes: int, clip: str, threads: str) -> dict:
    """Return what a run in a process of its own tells."""
    with tempfile.TemporaryDirectory() as cache:
        environment = {**os.environ, "BETTERSYNTH_CACHE": cache}
        environment.pop("OMP_NUM_THREADS", None)
        if threads:
            environment["OMP_NUM_THREADS"] = threads
        command = [sys.executable, __file__, "--once", str(folder), "--pictures", str(pictures)]
        command += ["--processes", str(processes), "--clip", clip]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    """Time one process and two, in turns."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pictures", type=int, default=8192)
    parser.add_argument("--processes", type=int, default=2, help="against one")
    parser.add_argument("--clip", default="", help="a folder with a CLIP in transformers' format")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", default="", help="OMP_NUM_THREADS of each run; '': unset")
    parser.add_argument("--once", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.once:
        run_once(given.once, given.pictures, given.processes, given.clip)
        return
    with tempfile.TemporaryDirectory() as folder:
        jpeg_files(Path(folder))
        runs: dict[int, list[dict]] = {1: [], given.processes: []}
        for _ in range(given.rounds):
            for processes, own in runs.items():
                own.append(told(Path(folder), given.pictures, processes, given.clip, given.threads))
    medians = {}
    for processes, own in runs.items():
        wall = statistics.median(run["wall"] for run in own)
        cpu = statistics.median(run["cpu"] for run in own)
        medians[processes] = wall, cpu
        print(f"{processes} processes: {wall:.1f} s of the clock, {cpu:.1f} CPU s")
    (wall, cpu), (own_wall, own_cpu) = medians[1], medians[given.processes]
    same = len({run["values"] for run in itertools.chain(*runs.values())}) == 1
    print(
        f"{wall / own_wall:.2f} times as fast for {own_cpu / cpu:.2f} times the CPU seconds; "
        f"values {'same' if same else 'DIFFER'}"
    )


if __name__ == "__main__":
    main()
