"""Does `bettersynth browse` answer at once over a large pool? Start, first page, moved bounds.

    PYTHONPATH=src python benchmarks/browse.py --rows 400000
    PYTHONPATH=src python benchmarks/browse.py --rows 12800000 --moves 3     7.4 GB

A pool of drawn values is written to a temporary folder, with the default's recipe and tables; 200
small pictures are shared by its rows. The page's server is started as a user starts it, and asked
over HTTP as the page asks it. CPU time and peak memory are those of the server's process: beside
other jobs the CPU time says more than the clock.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import pyarrow as pa
import pyarrow.compute as pc
from PIL import Image

from bettersynth.data.files.hashing import sha256_of_bytes
from bettersynth.data.files.writing import write_table
from bettersynth.data.pictures.shard_writing import write_images
from bettersynth.data.tables.rewritten import write_rewritten
from bettersynth.data.tables.samples import SAMPLE_SCHEMA
from bettersynth.experiments.workflow.compose import compose

CONF = Path(__file__).parents[1] / "conf"
PICTURES = 200
CAPTIONS = 50_000
# the filter stage makes Python objects of the values: not for the clock of twelve million
MOST_FILTERED = 2_000_000
WORDS = "red blue old tall wet dark dog cat tree house boat bird road hat river lamp".split()
LABEL = "image_text_similarity_filter"


def write_pool(rows: int) -> None:
    """Write samples, planted mismatches and the default's stats to the current folder."""
    rng = np.random.default_rng(0)
    # no Python object a row: twelve million would fill the memory
    numbers = pa.array(np.arange(rows)).cast(pa.string())
    ids = pc.binary_join_element_wise("s", pc.utf8_lpad(numbers, 8, "0"), "")
    shared = rng.integers(0, PICTURES, rows)
    contents = [_picture(number) for number in range(PICTURES)]
    write_images("data/pool/images", [(f"{n}.png", one) for n, one in enumerate(contents)])
    lengths, texts = _texts(rows, rng)
    columns = {
        "id": ids,
        "text": texts,
        "images": _lists(_taken([f"{number}.png" for number in range(PICTURES)], shared)),
        "image_sha256": _lists(_taken([sha256_of_bytes(content) for content in contents], shared)),
        "width": _lists(np.full(rows, 32, np.int32)),
        "height": _lists(np.full(rows, 32, np.int32)),
        "size_bytes": _lists(np.full(rows, 3000, np.int64)),
        "phash": _lists(pa.repeat("0" * 16, rows)),
        "source": _taken([f"source {number}" for number in range(9)], shared % 9),
        "style": pa.repeat("", rows),
        "concept": pa.repeat("", rows),
        "group": pa.repeat("", rows),
        "split": pa.repeat("pool", rows),
    }
    write_table("data/pool/samples.parquet", pa.table(columns, schema=SAMPLE_SCHEMA))
    write_rewritten([], {"rewritten": 0, "without_words": 0, "by_mapper": {}})
    planted = rng.random(rows) < 0.3
    donors = pa.repeat("", rows)
    truth = {"id": ids, "planted": planted, "original_text": texts, "donor_id": donors}
    write_table("data/pool/planted.parquet", pa.table(truth))
    similarity = np.clip(rng.normal(0.3 - 0.08 * planted, 0.06), -1, 1)
    _write_stats(ids, rng, lengths, similarity)


def _texts(rows: int, rng: np.random.Generator) -> tuple[np.ndarray, pa.Array]:
    """Return how many words each caption has, and each sample's text."""
    known: list[str] = []
    words_of: list[int] = []
    for length in rng.integers(3, 16, CAPTIONS):
        caption = " ".join(WORDS[word] for word in rng.integers(0, len(WORDS), length))
        known.append(f"<__dj__image>\n{caption} <|__dj__eoc|>")
        words_of.append(int(length))
    chosen = rng.integers(0, CAPTIONS, rows)
    return np.array(words_of)[chosen], _taken(known, chosen)


def _taken(values: list[str], places: np.ndarray) -> pa.Array:
    return pa.array(values).take(pa.array(places))


def _write_stats(
    ids: pa.Array, rng: np.random.Generator, lengths: np.ndarray, similarity: np.ndarray
) -> None:
    rows = len(ids)
    # a tenth of the pictures have the hash of another one
    drawn = pa.array(rng.integers(0, 5 * rows, rows)).cast(pa.string())
    hashes = pc.utf8_lpad(drawn, 16, "0")
    stats = {
        "text_length_filter": {"text_len": 28 + 5 * lengths},
        "words_num_filter": {"num_words": lengths + 2},
        "alphanumeric_filter": {"alnum_ratio": rng.uniform(0.3, 0.9, rows)},
        "image_aspect_ratio_filter": {"aspect_ratios": _lists(rng.uniform(0.2, 4, rows))},
        "image_shape_filter": {
            "image_width": _lists(rng.integers(16, 900, rows)),
            "image_height": _lists(rng.integers(16, 900, rows)),
        },
        "image_size_filter": {"image_sizes": _lists(rng.integers(90, 90_000, rows))},
        LABEL: {"image_text_similarity": _lists(similarity)},
        "image_deduplicator": {"__dj__imagehash": hashes},
    }
    for operator, columns in stats.items():
        write_table(f"data/stats/{operator}.parquet", pa.table({"id": ids, **columns}))


def _lists(values: object) -> pa.Array:
    """Return a column with one list of one value a row."""
    items = pa.array(values)
    return pa.ListArray.from_arrays(pa.array(np.arange(len(items) + 1, dtype=np.int32)), items)


def _picture(seed: int) -> bytes:
    pixels = np.random.default_rng(seed).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    return stream.getvalue()


def run_filter() -> None:
    """Let the filter stage decide, and print how long it takes: what a moved bound costs else."""
    started = time.perf_counter()
    command = [sys.executable, "-m", "bettersynth.steps.filter"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    print(f"{'the filter stage itself':38} {time.perf_counter() - started:8.2f} s", flush=True)


@contextlib.contextmanager
def served() -> Iterator[tuple[str, int]]:
    """Yield the page's address and the server's process id; prints how long the start took."""
    started = time.perf_counter()
    command = [sys.executable, "-m", "bettersynth.cli", "browse", "--no-open"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            address = server.stdout.readline().split()[-1]
            print(f"{'start':38} {time.perf_counter() - started:8.2f} s", flush=True)
            yield address, server.pid
        finally:
            server.terminate()


def ask(address: str, what: str, **words: object) -> object:
    """Return the answer of the server at `address` to a question."""
    query = urllib.parse.urlencode(words)
    with urllib.request.urlopen(f"{address}{what}?{query}") as answer:
        return json.load(answer)


Question = tuple[str, dict[str, object]]


class Clock:
    """Asks the server, and prints what the answers took."""

    def __init__(self, address: str, process: int):
        self._address = address
        self._process = psutil.Process(process)

    def timed(self, name: str, *questions: Question) -> None:
        """Print the median and the longest milliseconds, and the mean CPU milliseconds."""
        cpu = self._cpu_seconds()
        taken: list[float] = []
        for what, words in questions:
            started = time.perf_counter()
            ask(self._address, what, **words)
            taken.append(1e3 * (time.perf_counter() - started))
        each = 1e3 * (self._cpu_seconds() - cpu) / len(questions)
        wall = f"{statistics.median(taken):8.0f} ms, longest {max(taken):5.0f}"
        print(f"{name:38} {wall}, CPU {each:5.0f}", flush=True)

    def _cpu_seconds(self) -> float:
        times = self._process.cpu_times()
        return times.user + times.system


def measure(address: str, process: int, moves: int) -> None:
    """Time the page's questions, the bounds moved so many times each."""
    clock = Clock(address, process)
    clock.timed("first page: columns", ("api/about", {}))
    clock.timed("first page: 60 pairs", ("api/rows", {"query": "{}", "count": 60}))
    clock.timed("bounds opened", ("api/bounds", {}))
    for label, setting, values in (
        (LABEL, "min_score", np.linspace(0.2, 0.4, moves)),
        ("words_num_filter", "min_num", range(3, 3 + moves)),
        ("image_shape_filter", "min_width", range(32, 32 + 20 * moves, 20)),
    ):
        questions: list[Question] = []
        for value in values:
            moved = json.dumps([[label, setting, float(value)]])
            words = {"moves": moved, "label": label, "setting": setting}
            questions.append(("api/bounds", words))
        clock.timed(f"{label} moved", *questions)
    queries = {
        "next rows": '{"sort": ""}',
        "text search": '{"text": "river"}',
        "sorted by a value": '{"sort": "image_text_similarity"}',
        "filtered": '{"chosen": {"planted": [true]}, "between": {"num_words": [5, 9]}}',
    }
    for name, query in queries.items():
        clock.timed(name, ("api/rows", {"query": query, "count": 60}))
    scatter = {"query": "{}", "x": "image_text_similarity", "y": "num_words"}
    clock.timed("scatter", ("api/points", scatter))


def peak_mb(process: int) -> float:
    """Return the peak memory of a process so far; 0 where it has just ended."""
    status = Path(f"/proc/{process}/status").read_text()
    for line in status.splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
    return 0.0


def main() -> None:
    """Time browse on so many made-up rows."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=400_000)
    parser.add_argument("--moves", type=int, default=15, help="of each of three bounds")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, contextlib.chdir(name):
        os.environ["PYTHONPATH"] = str(CONF.parent / "src")
        compose("params.yaml", [], CONF)
        write_pool(arguments.rows)
        print(f"{arguments.rows:,} rows", flush=True)
        if arguments.rows <= MOST_FILTERED:
            run_filter()
        with served() as (address, process):
            measure(address, process, arguments.moves)
            print(f"{'peak memory':38} {peak_mb(process):8.0f} MB")


if __name__ == "__main__":
    main()
