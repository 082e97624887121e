"""Time and memory of the stages that work on tables alone as the pool grows, and their exponents.

    PYTHONPATH=src python benchmarks/growth_of_stages.py --rows 10000 100000 400000
    PYTHONPATH=src python benchmarks/growth_of_stages.py --rows 12800000 --no-minhash

The pool is that of `browse.py`: drawn values, the default's recipe, a MinHash line at its end, and
one new caption for an eighth of the rows. `caption` chooses its slice and asks no model; `restats`
measures the words of the new captions alone. Each piece runs in a process of its own, from the
reading of its files to the writing: its CPU seconds and its peak memory are printed, and with
several sizes the exponent between the last two (1: linear).
"""

from __future__ import annotations

import argparse
import contextlib
import math
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import yaml
from browse import CONF, LABEL, peak_mb, write_pool

from bettersynth.data.files.writing import write_json, write_table
from bettersynth.data.pictures.phash import nearest_within
from bettersynth.data.tables.candidates import CANDIDATES, CANDIDATES_SCHEMA
from bettersynth.data.tables.contamination import write_dropped
from bettersynth.data.tables.drawn import write_drawn
from bettersynth.data.tables.mix import MIX_TABLE
from bettersynth.data.tables.restats import write_restats
from bettersynth.data.tables.samples import SAMPLES
from bettersynth.experiments.report.data_part import data_content
from bettersynth.experiments.workflow.compose import compose
from bettersynth.recipes.recaptioning import choose_slice
from bettersynth.settings.caption import CaptionSettings
from bettersynth.settings.reading import load_params, read_settings
from bettersynth.steps import restats

MINHASH = "document_minhash_deduplicator"
# rows that have a new caption: one of so many
RECAPTIONED = 8
# of 64, as conf/pool/nano.yaml has it
NEAR_BITS = 4
OTHER_RUN = Path("other")
PIECES = ("near-duplicates", "report", "caption", "restats")


@dataclass(frozen=True)
class Cost:
    """What one process took."""

    cpu_seconds: float
    peak_mb: float


def write_workspace(rows: int, minhash: bool) -> None:
    """Write to the current folder what the stages before `filter` leave, and the cards."""
    compose("params.yaml", [], CONF)
    write_pool(rows)
    if minhash:
        params = yaml.safe_load(Path("params.yaml").read_text())
        params["stats"][MINHASH] = {}
        params["filter"]["recipe"].append({MINHASH: {}})
        Path("params.yaml").write_text(yaml.safe_dump(params, sort_keys=False))
    _write_new_captions()
    write_dropped([], [])
    write_drawn([])
    write_json("data/pool/card.json", {"samples": {}, "rejected": {}})
    write_json("data/contamination/card.json", {"sets": {}, "looked_for": []})


def _write_new_captions() -> None:
    """Write one new caption for every eighth row, and what was measured of it."""
    samples = pq.read_table(SAMPLES, columns=["id", "text"])
    described = samples.take(pa.array(np.arange(0, samples.num_rows, RECAPTIONED)))
    captions = described.num_rows
    columns = {
        "id": described["id"],
        "candidate": pa.array(np.zeros(captions, np.int32)),
        "text": described["text"],
        "captioner": pa.repeat("drawn", captions),
        "prompt": pa.repeat("", captions),
        "seed": pa.array(np.zeros(captions, np.int64)),
    }
    candidates = pa.table(columns, schema=CANDIDATES_SCHEMA)
    write_table(CANDIDATES, candidates)
    rng = np.random.default_rng(1)
    similarity = rng.normal(0.3, 0.05, captions)
    write_restats(
        candidates,
        {
            "text_len": rng.integers(30, 100, captions).tolist(),
            "num_words": rng.integers(3, 16, captions).tolist(),
            "alnum_ratio": rng.uniform(0.3, 0.9, captions).tolist(),
            "image_text_similarity": [[value] for value in similarity.tolist()],
        },
    )


def search_near_duplicates(rows: int) -> None:
    """Look for each of `rows` drawn hashes among as many others, as the pool stage does."""
    rng = np.random.default_rng(0)
    hashes = rng.integers(0, 2**64, (2, rows), dtype=np.uint64)
    # a hundredth has a near-duplicate
    alike = slice(0, rows // 100)
    hashes[0, alike] = hashes[1, alike] ^ np.uint64(0b1001)
    distances, _ = nearest_within(hashes[0], hashes[1], NEAR_BITS)
    print(int((distances <= NEAR_BITS).sum()))


def measure_words_anew() -> None:
    """Run the stage `restats` without the operator that asks a model."""
    params = load_params()
    del params["stats"][LABEL]
    Path("params.yaml").write_text(yaml.safe_dump(params, sort_keys=False))
    restats.main()


def cost_of(arguments: list[str]) -> Cost:
    """Run Python with `arguments`, and return what its process took.

    Raises:
        RuntimeError: it failed; the end of its output is in the message.
    """
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen([sys.executable, *arguments], stdout=log, stderr=log)
        peak = 0.0
        ended, status, usage = 0, 0, None
        while not ended:
            # not the peak of `wait4`, which counts this process too, from which it was forked
            peak = max(peak, peak_mb(process.pid))
            time.sleep(0.02)
            ended, status, usage = os.wait4(process.pid, os.WNOHANG)
        # `wait4` has taken the status that Popen would wait for
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            log.seek(0)
            raise RuntimeError(log.read()[-800:].decode())
    return Cost(usage.ru_utime + usage.ru_stime, peak)


def pieces(rows: int, minhash: bool) -> dict[str, list[str]]:
    """Return the arguments of each piece of work, in order, by its name."""
    here = str(Path(__file__))
    stages = {
        "near-duplicates": [here, "--piece", "near-duplicates", "--rows", str(rows)],
        "filter": ["-m", "bettersynth.steps.filter"],
        "mix": ["-m", "bettersynth.steps.mix"],
        "explain": ["-m", "bettersynth.cli", "explain", f"s{rows // 2:08}"],
        "diff": ["-m", "bettersynth.cli", "diff", str(OTHER_RUN), "workspace"],
        "report, its data": [here, "--piece", "report"],
        "caption, its slice": [here, "--piece", "caption"],
        "restats, words": [here, "--piece", "restats"],
    }
    if minhash:
        return {f"stats {MINHASH}": ["-m", "bettersynth.steps.stats", MINHASH], **stages}
    return stages


def measured(rows: int, minhash: bool) -> dict[str, Cost]:
    """Print and return what each piece takes of a pool of so many rows."""
    costs: dict[str, Cost] = {}
    write_workspace(rows, minhash)
    for name, arguments in pieces(rows, minhash).items():
        if name == "diff":
            _keep_other_run()
        costs[name] = cost_of(arguments)
        cost = costs[name]
        print(
            f"{rows:>10,} {name:35} {cost.cpu_seconds:8.1f} CPU s {cost.peak_mb:8.0f} MB",
            flush=True,
        )
    for name in ("filter/decisions", "mix/decisions"):
        size = Path(f"data/{name}.parquet").stat().st_size
        print(f"{rows:>10,} {name:35} {size / rows:8.1f} bytes a row")
    return costs


def _keep_other_run() -> None:
    """Copy the training set to a run of its own, and let the workspace's lack a tenth of it."""
    (OTHER_RUN / MIX_TABLE).parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(MIX_TABLE, OTHER_RUN / MIX_TABLE)
    for name in ("params.yaml", str(SAMPLES)):
        (OTHER_RUN / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(name, OTHER_RUN / name)
    table = pq.read_table(MIX_TABLE)
    kept = np.flatnonzero(np.arange(table.num_rows) % 10)
    write_table(MIX_TABLE, table.take(pa.array(kept)))


def exponents(costs: dict[int, dict[str, Cost]]) -> None:
    """Print how time and memory grow between the last two sizes."""
    fewer, more = sorted(costs)[-2:]
    steps = math.log(more / fewer)
    for name, cost in costs[more].items():
        before = costs[fewer][name]
        time_exponent = math.log(cost.cpu_seconds / before.cpu_seconds) / steps
        memory_exponent = math.log(cost.peak_mb / before.peak_mb) / steps
        print(f"{name:46} time ^{time_exponent:.2f}, memory ^{memory_exponent:.2f}")


def main() -> None:
    """Time each stage on tables of growing size."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", nargs="+", type=int, default=[10_000, 100_000, 400_000])
    parser.add_argument("--no-minhash", action="store_true", help="without the MinHash line")
    parser.add_argument("--piece", choices=PIECES, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.piece == "near-duplicates":
        return search_near_duplicates(arguments.rows[0])
    if arguments.piece == "report":
        return print(len(data_content(load_params())["stats"]))
    if arguments.piece == "caption":
        settings = read_settings(CaptionSettings, load_params()["caption"], "caption")
        return print(choose_slice(settings).num_rows)
    if arguments.piece == "restats":
        return measure_words_anew()
    os.environ["PYTHONPATH"] = str(CONF.parent / "src")
    costs: dict[int, dict[str, Cost]] = {}
    for rows in arguments.rows:
        with tempfile.TemporaryDirectory() as name, contextlib.chdir(name):
            costs[rows] = measured(rows, not arguments.no_minhash)
    if len(costs) > 1:
        exponents(costs)


if __name__ == "__main__":
    main()
