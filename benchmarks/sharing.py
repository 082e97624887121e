"""Whether a second machine does again what a first one did, where they share data and scores.

    PYTHONPATH=benchmarks/faults python benchmarks/sharing.py --folder /tmp/sharing
    PYTHONPATH=benchmarks/faults python benchmarks/sharing.py --folder /tmp/sharing \\
        --tree FINISHED --address /mnt/team

The tiny experiment runs in a clone, or a finished tree is copied. It pushes its data (`dvc push`)
and scores (`bettersynth cache push`) to an S3 server on this machine, or to a folder. A second
clone with empty caches pulls both. There snakemake must find nothing to do, a moved threshold must
score nothing, and a stat that is measured anew must come from the pulled scores alone, with the
same bytes.
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
# of a tree that is copied: what is written to in place, and what no copy needs
OWN = (".git", ".snakemake", "dvc.lock", "params.yaml")
LEFT_OUT = (".venv", ".cache", ".dvc")


@contextlib.contextmanager
def s3_server() -> Iterator[None]:
    """Run a server with the bucket `team`, which the environment names."""
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
        yield
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


def copy_of(tree: Path, first: Path) -> Path:
    """Copy a finished tree with its scores; files that nobody writes to are links."""
    shutil.rmtree(first, ignore_errors=True)
    first.mkdir()
    for entry in sorted(tree.iterdir()):
        if entry.name in LEFT_OUT:
            continue
        how = "-a" if entry.name in OWN else "-al"
        require(["cp", how, str(entry), str(first / entry.name)], tree)
    for entry in sorted((tree / ".dvc").iterdir()):
        (first / ".dvc").mkdir(exist_ok=True)
        how = "-al" if entry.name == "cache" else "-a"
        require(["cp", how, str(entry), str(first / ".dvc" / entry.name)], tree)
    shutil.copytree(tree / ".cache/scores", first / ".cache/scores")
    return first


def share(first: Path, address: str) -> None:
    """Push the data and scores of the first clone."""
    require(["dvc", "remote", "add", "--force", "--default", "store", f"{address}/dvc"], first)
    if address == BUCKET:
        endpoint = os.environ["AWS_ENDPOINT_URL"]
        require(["dvc", "remote", "modify", "store", "endpointurl", endpoint], first)
    require(["git", "add", "--all"], first)
    require(["git", "commit", "--quiet", "--message", "run"], first)
    said = timed("first: dvc push", ["dvc", "push"], first)
    print(said.strip().splitlines()[-1])
    said = timed("first: cache push", ["bettersynth", "cache", "push", f"{address}/scores"], first)
    print(said.strip().splitlines()[-1])


def pull(first: Path, second: Path, address: str) -> None:
    """Make the second clone and pull what the first pushed."""
    shutil.rmtree(second, ignore_errors=True)
    require(["git", "clone", "--quiet", str(first), str(second)], first.parent)
    require(["git", "config", "user.email", "test@example.org"], second)
    require(["git", "config", "user.name", "test"], second)
    said = timed("second: dvc pull", ["dvc", "pull"], second)
    print(said.strip().splitlines()[-1])
    said = timed(
        "second: cache pull", ["bettersynth", "cache", "pull", f"{address}/scores"], second
    )
    print(said.strip().splitlines()[-1])


def check(first: Path, second: Path, settings: Sequence[str]) -> list[str]:
    """Return what the second clone did again, or made otherwise."""
    faults = []
    said = timed("second: snakemake results/score.json", SCORE, second)
    if NOTHING not in said:
        faults.append(f"snakemake had something to do:\n{said[-2000:]}")
    if (first / "dvc.lock").read_bytes() != (second / "dvc.lock").read_bytes():
        faults.append("dvc.lock differs")
    scores = number_of_scores(second)
    print(f"scores: {number_of_scores(first):,} in the first, {scores:,} in the second clone")
    require(["bettersynth", "compose", *settings, "filter.threshold=0.3"], second)
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
    """Share a finished run with a second clone, and say what each step took."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, required=True, help="for the two clones")
    parser.add_argument("--tree", type=Path, help="a finished default run to begin with")
    parser.add_argument("--address", help="a folder in the place of an S3 server")
    given = parser.parse_args()
    folder = given.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    first, second = folder / "first", folder / "second"
    start = time.perf_counter()
    if given.tree:
        copy_of(given.tree.resolve(), first)
    else:
        finished_clone(first)
        print(f"first: the tiny experiment ran in {time.perf_counter() - start:.0f} s", flush=True)
    settings = () if given.tree else SETTINGS
    with contextlib.nullcontext() if given.address else s3_server():
        address = given.address or BUCKET
        share(first, address)
        pull(first, second, address)
        faults = check(first, second, settings)
    for fault in faults:
        print(f"FAULT: {fault}")
    print("nothing was done again" if not faults else f"{len(faults)} faults")
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
