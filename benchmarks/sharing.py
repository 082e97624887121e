"""Whether a second machine does again what a first one did: data and scores shared over S3.

    PYTHONPATH=benchmarks/faults python benchmarks/sharing.py --folder /tmp/sharing

The tiny experiment runs in a clone, which pushes its data (`dvc push`) and scores (`bettersynth
cache push`) to an S3 server on this machine. A second clone with empty caches pulls both. There
snakemake must find nothing to do, a moved threshold must score nothing, and a stat that is measured
anew must come from the pulled scores alone, with the same bytes.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import resource
import shutil
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import s3fs
from tiny_clone import SCORE, SETTINGS, finished_clone, require

BUCKET = "s3://team"
STAT = "image_text_similarity_filter"
NOTHING = "Nothing to be done"


@contextlib.contextmanager
def s3_server() -> Iterator[str]:
    """Run a server with the bucket `team`; yield its address, which the environment names too."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    os.environ |= {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(port)
        s3fs.S3FileSystem().mkdir("team")
        yield os.environ["AWS_ENDPOINT_URL"]
    finally:
        server.kill()
        server.wait()


def wait_for(port: int) -> None:
    """Return once somebody listens there."""
    for _ in range(600):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.1)
    sys.exit("the S3 server does not start")


def timed(what: str, command: Sequence[str], folder: Path) -> str:
    """Run a command that must succeed; print what it took, return what it said."""
    start, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    said = require(command, folder)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(f"{what:48}{time.perf_counter() - start:7.1f} s{cpu:7.1f} CPU s", flush=True)
    return said


def number_of_scores(clone: Path) -> int:
    """Return how many scores the cache of a clone holds."""
    number = 0
    for path in (clone / ".cache/scores").glob("*.sqlite"):
        with contextlib.closing(sqlite3.connect(path)) as connection:
            number += connection.execute("SELECT count(*) FROM scores").fetchone()[0]
    return number


def share(first: Path, endpoint: str) -> None:
    """Push the data and scores of the first clone."""
    require(["dvc", "remote", "add", "--default", "store", f"{BUCKET}/dvc"], first)
    require(["dvc", "remote", "modify", "store", "endpointurl", endpoint], first)
    require(["git", "add", "--all"], first)
    require(["git", "commit", "--quiet", "--message", "run"], first)
    said = timed("first: dvc push", ["dvc", "push"], first)
    print(said.strip().splitlines()[-1])
    said = timed("first: cache push", ["bettersynth", "cache", "push", f"{BUCKET}/scores"], first)
    print(said.strip().splitlines()[-1])


def pull(first: Path, second: Path) -> None:
    """Make the second clone and pull what the first pushed."""
    shutil.rmtree(second, ignore_errors=True)
    require(["git", "clone", "--quiet", str(first), str(second)], first.parent)
    require(["git", "config", "user.email", "test@example.org"], second)
    require(["git", "config", "user.name", "test"], second)
    said = timed("second: dvc pull", ["dvc", "pull"], second)
    print(said.strip().splitlines()[-1])
    said = timed("second: cache pull", ["bettersynth", "cache", "pull", f"{BUCKET}/scores"], second)
    print(said.strip().splitlines()[-1])


def check(first: Path, second: Path) -> list[str]:
    """Return what the second clone did again, or made otherwise."""
    faults = []
    said = timed("second: snakemake results/score.json", SCORE, second)
    if NOTHING not in said:
        faults.append(f"snakemake had something to do:\n{said[-2000:]}")
    if (first / "dvc.lock").read_bytes() != (second / "dvc.lock").read_bytes():
        faults.append("dvc.lock differs")
    scores = number_of_scores(second)
    print(f"scores: {number_of_scores(first):,} in the first, {scores:,} in the second clone")
    require(["bettersynth", "compose", *SETTINGS, "filter.threshold=0.3"], second)
    mix = ("snakemake", "--cores", "all", "data/mix/train.json")
    said = timed("second: snakemake with another threshold", mix, second)
    if NOTHING in said:
        faults.append("another threshold changed nothing")
    # the stage measures: neither its output nor DVC's copy of it is asked
    table = second / f"data/stats/{STAT}.parquet"
    content = table.read_bytes()
    table.unlink()
    step = [sys.executable, "-m", "bettersynth.steps.stats", STAT]
    timed("second: the similarity measured anew", step, second)
    if table.read_bytes() != content:
        faults.append("the similarity differs")
    if number_of_scores(second) != scores:
        faults.append("something was scored anew")
    return faults


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, required=True, help="for the two clones")
    folder = parser.parse_args().folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    start = time.perf_counter()
    first = finished_clone(folder / "first")
    print(f"first: the tiny experiment ran in {time.perf_counter() - start:.0f} s", flush=True)
    with s3_server() as endpoint:
        share(first, endpoint)
        pull(first, folder / "second")
        faults = check(first, folder / "second")
    for fault in faults:
        print(f"FAULT: {fault}")
    print("nothing was done again" if not faults else f"{len(faults)} faults")
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
