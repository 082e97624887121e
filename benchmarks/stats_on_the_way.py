"""Stats stages of pictures one after another: each decodes them anew, or the first carries others.

    PYTHONPATH=src:benchmarks:tests python benchmarks/stats_on_the_way.py --pictures 200

A pool of JPEG files with the detail of photographs, and three stats that read pixels, with an
emptied score cache each time. "a decoding each": a section `stats` with that stat alone, as if
nothing were carried. "on the way": one section with all three, stage by stage. Printed are the
decoded pictures, CPU seconds of this process, and whether the values are the same; ways take
turns, and the median of the rounds counts.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from feeding_a_model import FILES, jpeg_files
from support import small_pool

from bettersynth.data.samples import batch
from bettersynth.data.samples.pool_samples import read_pool
from bettersynth.recipes.pool_measuring import measure_pool

STATS: dict[str, Any] = {
    "image_quality_filter": {},
    "image_subplot_filter": {},
    "image_face_count_filter": {},
}
WAYS = {"a decoding each": [{name: STATS[name]} for name in STATS], "on the way": [STATS]}


@contextlib.contextmanager
def counted_decodings() -> Iterator[list[int]]:
    """Count in the first element how many pictures this process decodes."""
    count = [0]
    decode = batch.decode_image

    def counting(*arguments: Any) -> Any:
        count[0] += 1
        return decode(*arguments)

    batch.decode_image = counting
    try:
        yield count
    finally:
        batch.decode_image = decode


def write_photographs(folder: Path, pictures: int) -> None:
    """Write a pool of so many pictures into the current folder, each with bytes of its own."""
    jpeg_files(folder)

    def photograph(seed: int, width: int) -> bytes:
        # bytes behind the end of a JPEG change its hash and nothing that is seen
        return (folder / f"{seed % FILES}.jpg").read_bytes() + seed.to_bytes(4, "big")

    small_pool.picture = photograph
    small_pool.write_pool(["a caption"] * pictures, seeds=list(range(pictures)))


def measured(sections: list[dict[str, Any]]) -> tuple[float, dict[str, Any]]:
    """Return the CPU seconds of these stages with an empty cache, and their values."""
    with tempfile.TemporaryDirectory() as cache:
        os.environ["BETTERSYNTH_CACHE"] = cache
        pool = read_pool()
        values: dict[str, Any] = {}
        start = time.process_time()
        for section in sections:
            for name in section:
                values |= measure_pool({"stats": section, "launch": None}, name, pool)
        return time.process_time() - start, values


def main() -> None:
    """Print the comparison."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pictures", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    os.environ["BETTERSYNTH_THREADS"] = "1"
    seconds: dict[str, list[float]] = {way: [] for way in WAYS}
    decodings: dict[str, float] = {}
    values: dict[str, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory() as name:
        os.chdir(name)
        write_photographs(Path(name), arguments.pictures)
        # libraries are loaded before anything is timed
        measured(WAYS["on the way"])
        for _ in range(arguments.rounds):
            for way, sections in WAYS.items():
                with counted_decodings() as count:
                    taken, values[way] = measured(sections)
                seconds[way].append(taken)
                decodings[way] = count[0] / arguments.pictures
        os.chdir("/")
    for way, found in seconds.items():
        print(f"{way}: {decodings[way]:.2f} decodings a picture, {statistics.median(found):.2f} s")
    first, second = values.values()
    print("same values" if first == second else "OTHER VALUES")


if __name__ == "__main__":
    main()
