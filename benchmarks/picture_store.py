"""Pictures in tar shards beside one zip of them: bytes, opening, and reading one of many.

    PYTHONPATH=src python benchmarks/picture_store.py --pictures 400000

Writes pictures of random bytes to both, opens each as a process would, and reads some in random
order; the two take turns and the median of the rounds counts. The zip is read by zipfile. Times are
CPU times of this process: the disk's own are the same for both.
"""

from __future__ import annotations

import argparse
import random
import shutil
import statistics
import tempfile
import time
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from bettersynth.data.pictures.shard_folder import ShardFolder
from bettersynth.data.pictures.shard_writing import write_images

READS = 20_000
ROUNDS = 3


def main() -> None:
    """Print a line for each way."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, default=400_000)
    parser.add_argument("--bytes", type=int, default=1_000, help="of each picture")
    parser.add_argument("--folder", type=Path, help="where to write, elsewhere than in /tmp")
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(dir=arguments.folder))
    try:
        compare(folder, arguments.pictures, arguments.bytes)
    finally:
        shutil.rmtree(folder)


def compare(folder: Path, number: int, size: int) -> None:
    """Write, open and read `number` pictures of `size` bytes both ways."""
    shards, zipped = folder / "images", folder / "images.zip"
    wrote = seconds(lambda: write_images(shards, pictures(number, size), told))
    print(f"shards: written in {wrote:.1f} s, {folder_bytes(shards) / 1e6:,.0f} MB")
    wrote = seconds(lambda: write_zip(zipped, pictures(number, size)))
    print(f"zip:    written in {wrote:.1f} s, {zipped.stat().st_size / 1e6:,.0f} MB")
    chosen = random.Random(0).choices(range(number), k=READS)
    names = [name_of(nth) for nth in chosen]
    found: dict[str, list[tuple[float, float]]] = {"shards": [], "zip": []}
    for _ in range(ROUNDS):
        found["shards"].append(opened_and_read(lambda: ShardFolder(shards), names))
        found["zip"].append(opened_and_read(lambda: zipfile.ZipFile(zipped), names))
    for way, rounds in found.items():
        opened, read = (statistics.median(times) for times in zip(*rounds, strict=True))
        print(f"{way}: opened in {opened * 1e3:,.1f} ms, {read / READS * 1e6:.1f} us a read")
    print(f"shards: {ShardFolder(shards).nbytes / number:.1f} bytes of index a picture, mapped")
    for way, open_it in (
        ("shards", lambda: ShardFolder(shards)),
        ("zip", lambda: zipfile.ZipFile(zipped)),
    ):
        print(f"{way}: {allocated(open_it) / number:.2f} bytes a picture allocated by opening")


def told(name: str) -> dict[str, str]:
    """Return what a pool tells of a picture."""
    return {"id": name, "caption": "a picture of random bytes", "source": "random"}


def name_of(nth: int) -> str:
    """Return a name as LLaVA's pictures have it."""
    return f"train2017/{nth:012d}.jpg"


def pictures(number: int, size: int) -> Iterator[tuple[str, bytes]]:
    """Yield pictures that differ in a few bytes."""
    content = np.random.default_rng(0).bytes(size - 4)
    for nth in range(number):
        yield name_of(nth), nth.to_bytes(4, "big") + content


def write_zip(path: Path, images: Iterator[tuple[str, bytes]]) -> None:
    """Write pictures as they are."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in images:
            archive.writestr(zipfile.ZipInfo(name), content)


def opened_and_read(open_it: Callable[[], Any], names: list[str]) -> tuple[float, float]:
    """Return the seconds of opening, and of reading the named pictures."""
    store: list[Any] = []
    opening = seconds(lambda: store.append(open_it()))
    return opening, seconds(lambda: [store[0].read(name) for name in names])


def allocated(open_it: Callable[[], Any]) -> int:
    """Return the bytes that an open store holds in memory of its own."""
    tracemalloc.start()
    store = open_it()
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    del store
    return held


def folder_bytes(folder: Path) -> int:
    """Return the bytes of all files."""
    return sum(path.stat().st_size for path in folder.iterdir())


def seconds(work: Callable[[], object]) -> float:
    """Return the CPU seconds that it takes."""
    start = time.process_time()
    work()
    return time.process_time() - start


if __name__ == "__main__":
    main()
