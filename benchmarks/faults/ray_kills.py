"""Whether kills in a Ray cluster change a score, or cost more than the groups at hand.

    PYTHONPATH=src python benchmarks/faults/ray_kills.py --project RUN --folder /tmp/rk --kills 10

RUN is the folder of a finished default run; nothing is written there. A head and three nodes of one
core run on this machine. At random moments SIGKILL meets a node with its workers, in whose place
another joins, or the driver, which is started again. What has been measured in the end is compared
with what one process measures: the scores in the cache and the table, byte for byte. Where a round
ends before all kills are made, another begins with an empty cache.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import secrets
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from counted_similarity import TALLY

from bettersynth.data.files.orphans import end_with_parent
from bettersynth.measuring.launching import PARTS_A_WORKER
from bettersynth.measuring.measure import BATCH

HERE = Path(__file__).parent
NODES = 3


@dataclass
class Cluster:
    """A head and its nodes, each with the processes below it."""

    folder: Path
    environment: dict[str, str]
    head: subprocess.Popen[bytes] | None = None
    nodes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def ready(self) -> Path:
        """What Ray writes when the head is up: its address."""
        return self.folder / "ray" / "ray_current_cluster"

    @property
    def address(self) -> str:
        """Where the head listens."""
        return self.ready.read_text().strip()

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        """Start a node; `words` say which."""
        command = [sys.executable, "-m", "bettersynth.measuring.ray_node", "--block"]
        command += ["--num-cpus=1", "--include-log-monitor=false", *words]
        with open(self.folder / "nodes.log", "ab") as log:
            return subprocess.Popen(
                command,
                stdout=log,
                stderr=log,
                env=self.environment,
                start_new_session=True,
                preexec_fn=end_with_parent,
            )

    def start_head(self) -> None:
        """Start the head, and wait until it is up."""
        shutil.rmtree(self.folder / "ray", ignore_errors=True)
        words = ["--head", "--port=0", "--include-dashboard=false"]
        self.head = self.start(*words, f"--temp-dir={self.folder / 'ray'}")
        while not self.ready.exists():
            if self.head.poll() is not None:
                sys.exit(f"no cluster starts: see {self.folder / 'nodes.log'}")
            time.sleep(0.2)

    def add_node(self) -> None:
        """Start a node that joins the head."""
        self.nodes.append(self.start(f"--address={self.address}"))

    def kill_one(self) -> None:
        """Kill a node with all below it; another takes its place."""
        node = self.nodes.pop(random.randrange(len(self.nodes)))
        kill_all(node)
        self.add_node()


def kill_all(process: subprocess.Popen[bytes]) -> None:
    """Kill a process and all below it, at once."""
    below: list[psutil.Process] = []
    with contextlib.suppress(psutil.Error):
        below = psutil.Process(process.pid).children(recursive=True)
    for one in [*below, process]:
        with contextlib.suppress(psutil.Error, OSError):
            one.kill()
    process.wait()


@contextlib.contextmanager
def running_cluster(folder: Path, environment: dict[str, str]) -> Iterator[Cluster]:
    """Yield a cluster of a head and `NODES` nodes; end it afterwards."""
    cluster = Cluster(folder, environment)
    try:
        cluster.start_head()
        for _ in range(NODES):
            cluster.add_node()
        yield cluster
    finally:
        for node in [*cluster.nodes, cluster.head]:
            if node is not None:
                kill_all(node)


def start_driver(given: argparse.Namespace, environment: dict[str, str], name: str, *words: str):
    """Start the driver, which writes the table NAME.parquet and what it says into NAME.log."""
    command = [sys.executable, str(HERE / "ray_driver.py"), f"--pairs={given.pairs}"]
    command += [f"--table={given.folder / name}.parquet", *words]
    with open(given.folder / f"{name}.log", "ab") as log:
        return subprocess.Popen(command, cwd=given.project, stdout=log, stderr=log, env=environment)


def scores(cache: Path) -> list[tuple[bytes, bytes]]:
    """Return key and values of each score in a cache, sorted."""
    [path] = cache.glob("scores/*.sqlite")
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return connection.execute("SELECT key, value FROM scores ORDER BY key").fetchall()


def killed_round(given: argparse.Namespace, cluster: Cluster, kills: list[str]) -> None:
    """Let the driver measure all pairs; kill until `given.kills` are made."""
    cache, tally = given.folder / "cache", given.folder / "tally"
    shutil.rmtree(cache, ignore_errors=True)
    (given.folder / "killed.log").unlink(missing_ok=True)
    tally.unlink(missing_ok=True)
    words = [f"--address={cluster.address}", *(["--poisoned"] if given.poisoned else [])]
    deaths = {"node": 0, "driver": 0}
    driver = start_driver(given, cluster.environment, "killed", *words)
    while driver.poll() is None:
        wait = random.uniform(1, given.longest) if len(kills) < given.kills else None
        with contextlib.suppress(subprocess.TimeoutExpired):
            driver.wait(wait)
        if driver.poll() is not None or len(kills) >= given.kills:
            continue
        kind = random.choice(sorted(deaths))
        kills.append(kind)
        deaths[kind] += 1
        if kind == "node":
            cluster.kill_one()
        else:
            driver.kill()
            driver.wait()
            driver = start_driver(given, cluster.environment, "killed", *words)
    if driver.returncode:
        sys.exit(f"the driver ended with {driver.returncode}: see {given.folder / 'killed.log'}")
    said = (given.folder / "killed.log").read_text().splitlines()[-1]
    print(f"{deaths['node']} nodes and {deaths['driver']} drivers killed: {said}", flush=True)
    # what was set aside is missing in other batches than one process has
    if not given.poisoned:
        compare(given, deaths, tally.stat().st_size)


def compare(given: argparse.Namespace, deaths: dict[str, int], measured: int) -> None:
    """Print whether a round has the bytes of the single process, and what it scored twice."""
    alone, killed = (given.folder / f"{name}.parquet" for name in ("alone", "killed"))
    same_table = alone.read_bytes() == killed.read_bytes()
    own = scores(given.folder / "cache")
    same_cache = own == scores(given.folder / "cache_alone")
    again = measured - len(own)
    # at a driver's death all that was given out, at a node's what its worker had
    at_hand = BATCH * (
        deaths["driver"] * (PARTS_A_WORKER * (NODES + 1) + 1) + deaths["node"] * PARTS_A_WORKER
    )
    print(
        f"table {'same' if same_table else 'DIFFERS'}, "
        f"{len(own):,} scores {'same' if same_cache else 'DIFFER'}, "
        f"{again:,} scored again (at hand: {at_hand:,} at most)",
        flush=True,
    )


def measure_alone(given: argparse.Namespace, environment: dict[str, str]) -> None:
    """Let one process measure all pairs, unless it has."""
    if given.poisoned or (given.folder / "alone.parquet").exists():
        return
    own = {**environment, "BETTERSYNTH_CACHE": str(given.folder / "cache_alone")}
    start = time.perf_counter()
    driver = start_driver(given, {**own, TALLY: os.devnull}, "alone")
    if driver.wait():
        sys.exit(f"the single process failed: see {given.folder / 'alone.log'}")
    print(f"one process: {time.perf_counter() - start:.0f} s", flush=True)


def main() -> None:
    """Kill nodes and drivers, and compare what was measured with one process's."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--project", type=Path, required=True, help="a finished default run")
    parser.add_argument("--folder", type=Path, required=True, help="for caches, tables and logs")
    parser.add_argument("--pairs", type=int, default=20_000)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--longest", type=float, default=40, help="seconds between two kills")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--poisoned", action="store_true", help="one text ends its worker")
    given = parser.parse_args()
    random.seed(given.seed)
    given.folder.mkdir(parents=True, exist_ok=True)
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(HERE), os.environ.get("PYTHONPATH", "")]),
        "BETTERSYNTH_CACHE": str(given.folder / "cache"),
        "BETTERSYNTH_THREADS": "1",
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN": secrets.token_hex(32),
        "RAY_USAGE_STATS_ENABLED": "0",
        TALLY: str(given.folder / "tally"),
    }
    measure_alone(given, environment)
    kills: list[str] = []
    with running_cluster(given.folder, environment) as cluster:
        while True:
            killed_round(given, cluster, kills)
            if len(kills) >= given.kills:
                return


if __name__ == "__main__":
    main()
