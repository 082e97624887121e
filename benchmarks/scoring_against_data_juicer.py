"""Score the same data with Data-Juicer and with bettersynth, side by side: CPU seconds, wall
seconds, peak memory.

    PYTHONPATH=src python benchmarks/scoring_against_data_juicer.py PEER DATA.jsonl CLIP \
        --pythonpath STUBS

PEER is a virtual environment with `bin/dj-process` (py-data-juicer 1.6.1), DATA.jsonl image-text
samples in its form (2,000 in the README), CLIP a folder with CLIP weights of transformers. Each job
runs `--repeats` times, the two tools in turn; the median counts. A moved threshold is measured as
users meet it: the same recipe with another bound, caches on, after a first run.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil
import yaml

CHEAP: list[dict[str, Any]] = [
    {"text_length_filter": {"min_len": 40, "max_len": 1000}},
    {"words_num_filter": {"lang": "en", "tokenization": False, "min_num": 3, "max_num": 200}},
    {"alphanumeric_filter": {"tokenization": False, "min_ratio": 0.5}},
    {"character_repetition_filter": {"rep_len": 10, "min_ratio": 0.0, "max_ratio": 0.5}},
    {"image_aspect_ratio_filter": {"min_ratio": 0.333, "max_ratio": 3.0, "any_or_all": "any"}},
    {
        "image_shape_filter": {
            "min_width": 32,
            "max_width": 5000,
            "min_height": 32,
            "max_height": 5000,
            "any_or_all": "any",
        }
    },
    {"image_size_filter": {"min_size": "0", "max_size": "1TB", "any_or_all": "any"}},
    {"image_deduplicator": {"method": "phash", "consider_text": False}},
    {
        "document_minhash_deduplicator": {
            "tokenization": "space",
            "window_size": 5,
            "lowercase": True,
            "ignore_pattern": "<__dj__image>|<\\|__dj__eoc\\|>",
            "num_permutations": 256,
            "jaccard_threshold": 0.7,
        }
    },
]


@dataclass(frozen=True)
class Cost:
    """What a command took: CPU (user and system, all its processes), wall, peak memory of the
    process tree (PSS: shared pages once).
    """

    cpu_seconds: float
    wall_seconds: float
    peak_mb: float
    kept: int


def cost_of(command: list[str], folder: Path, environment: dict[str, str]) -> Cost:
    """Run a command and return what it took; its rows are counted in `out/res.jsonl` under
    `folder`.

    Raises:
        RuntimeError: it failed; the end of its output is in the message.
    """
    before, start, peak = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter(), 0
    with open(folder / "log", "wb") as log:
        process = subprocess.Popen(
            command,
            cwd=folder,
            stdout=log,
            stderr=subprocess.STDOUT,
            env={**os.environ, **environment},
        )
    root = psutil.Process(process.pid)
    while process.poll() is None:
        peak = max(peak, _memory(root))
        time.sleep(0.1)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    if process.returncode:
        raise RuntimeError(f"{command[0]} failed: {(folder / 'log').read_text()[-800:]}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    with open(folder / "out/res.jsonl", "rb") as rows:
        return Cost(round(cpu, 2), round(wall, 2), round(peak / 2**20, 1), sum(1 for _ in rows))


def _memory(root: psutil.Process) -> int:
    total = 0
    try:
        for process in [root, *root.children(recursive=True)]:
            total += process.memory_full_info().pss
    except psutil.Error:
        pass
    return total


def recipe(
    folder: Path, data: Path, process: list[dict[str, Any]], use_cache: bool, np: int
) -> Path:
    """Write a recipe that both tools read."""
    values = {
        "project_name": "scoring",
        "dataset_path": str(data),
        "export_path": str(folder / "out/res.jsonl"),
        "np": np,
        "use_cache": use_cache,
        "open_tracer": False,
        "keep_stats_in_res_ds": True,
        "process": process,
    }
    path = folder / "recipe.yaml"
    path.write_text(yaml.safe_dump(values, sort_keys=False))
    return path


class Tools:
    """The two commands, each with a cache folder of its own."""

    def __init__(self, peer: Path, pythonpath: str, work: Path):
        offline = {"HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false", "OMP_NUM_THREADS": "1"}
        peer_folders = {
            "HF_HOME": str(work / "peer_hf"),
            "DATA_JUICER_CACHE_HOME": str(work / "peer_cache"),
        }
        source = str(Path(__file__).parents[1] / "src")
        self.commands = {
            "data_juicer": (
                [str(peer / "bin/dj-process"), "--config"],
                {**offline, **peer_folders, "PYTHONPATH": pythonpath},
            ),
            "bettersynth": (
                [sys.executable, "-m", "bettersynth.cli", "run"],
                {**offline, "PYTHONPATH": source, "BETTERSYNTH_CACHE": str(work / "cache")},
            ),
        }
        self.work = work

    def run(
        self,
        tool: str,
        data: Path,
        process: list[dict[str, Any]],
        use_cache: bool = False,
        np: int = 1,
    ) -> Cost:
        """Return what a recipe over the samples in `data` costs one tool, in `np` processes.

        With `use_cache`, what it scored before is not scored again.
        """
        folder = self.work / tool
        shutil.rmtree(folder / "out", ignore_errors=True)
        (folder / "out").mkdir(parents=True)
        command, environment = self.commands[tool]
        return cost_of(
            [*command, str(recipe(folder, data, process, use_cache, np))], folder, environment
        )


def similarity(clip: Path, min_score: float) -> list[dict[str, Any]]:
    """Return a recipe of one line, similarity from `min_score` on."""
    settings = {
        "hf_clip": str(clip.resolve()),
        "min_score": min_score,
        "max_score": 1.0,
        "reduce_mode": "avg",
        "any_or_all": "any",
    }
    return [{"image_text_similarity_filter": settings}]


def medians(costs: list[Cost]) -> Cost:
    """Return the median of each kind of cost."""
    columns = zip(*(asdict(cost).values() for cost in costs), strict=True)
    cpu, wall, peak, kept = (statistics.median(column) for column in columns)
    return Cost(cpu, wall, peak, int(kept))


def print_medians(job: str, costs: dict[str, list[Cost]]) -> None:
    """Print a line a tool, ours with its share of Data-Juicer's CPU time, wall time and memory."""
    theirs = medians(costs["data_juicer"])
    for tool, found in costs.items():
        cost = medians(found)
        parts = [
            (cost.cpu_seconds, theirs.cpu_seconds),
            (cost.wall_seconds, theirs.wall_seconds),
            (cost.peak_mb, theirs.peak_mb),
        ]
        ratios = ""
        if tool != "data_juicer":
            ratios = ", ".join(f"1/{peer / own:.1f}" for own, peer in parts)
        row = f"{cost.cpu_seconds:8.2f} {cost.wall_seconds:8.2f} {cost.peak_mb:8.0f} {cost.kept:6}"
        print(f"{job:8} {tool:12} {row}   {ratios}", flush=True)


def main() -> None:
    """Run each job with both tools in turn, and print the medians."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("peer", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("clip", type=Path)
    parser.add_argument(
        "--pythonpath", default="", help="what Data-Juicer's process needs on PYTHONPATH"
    )
    parser.add_argument(
        "--jobs", nargs="+", choices=["cheap", "clip", "moved"], default=["cheap", "clip", "moved"]
    )
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--np", type=int, default=1, help="processes of either tool")
    arguments = parser.parse_args()
    data, clip = arguments.data.resolve(), arguments.clip
    jobs = {
        "cheap": (CHEAP, False),
        "clip": (similarity(clip, -1.0), False),
        "moved": (similarity(clip, -0.05), True),
    }
    print(
        f"{'job':8} {'tool':12} {'CPU s':>8} {'wall s':>8} {'peak MB':>8} {'kept':>6}   "
        f"ratio of CPU, wall, peak"
    )
    with tempfile.TemporaryDirectory() as name:
        tools = Tools(arguments.peer.absolute(), arguments.pythonpath, Path(name))
        for job in arguments.jobs:
            process, use_cache = jobs[job]
            costs: dict[str, list[Cost]] = {tool: [] for tool in tools.commands}
            if job == "moved":
                for tool in costs:
                    tools.run(tool, data, similarity(clip, -1.0), True, arguments.np)
            for _ in range(arguments.repeats):
                for tool, found in costs.items():
                    found.append(tools.run(tool, data, process, use_cache, arguments.np))
            print_medians(job, costs)
            every_run = {}
            for tool, found in costs.items():
                every_run[tool] = [asdict(cost) for cost in found]
            print(json.dumps({job: every_run}), file=sys.stderr)


if __name__ == "__main__":
    main()
