"""Run the frozen towers once over every distinct image of the pool, the instructions and the benchmarks: `data/features/`.

Run alone: `python -m bettersynth.steps.features`. Rows are sorted by the sha256 of the image's bytes. Worker processes use one
thread each and write fixed chunks, so the bytes do not depend on how many there are. Towers in folders of their own (768 pixels: 27 MB
an image) leave no features: training and prediction take the pictures then, and `towers.json` here tells them apart.
"""

from __future__ import annotations

import base64
import csv
import functools
import multiprocessing
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import torch
from numpy.lib.format import open_memmap
from tqdm import tqdm

from bettersynth.data.files.hashing import sha256_of_bytes
from bettersynth.data.files.writing import complete_or_absent, write_table
from bettersynth.data.pictures.images import BadImage, ImageStore, decode_image
from bettersynth.data.tables.feature_store import FOLDER
from bettersynth.errors import UserError
from bettersynth.experiments.workflow.run_step import run_step
from bettersynth.models.backbones.lite0_towers import (
    HIGH_RES_CHANNELS,
    HIGH_RES_SIDE,
    LOW_RES_CHANNELS,
    LOW_RES_TOKENS,
    POOLED_CHANNELS,
    Lite0Towers,
    square_pixels,
)
from bettersynth.models.devices.allocator import keep_freed_memory
from bettersynth.settings.reading import threads

TOWERS = Path("models/towers")
ZIPS = (
    Path("data/pool/images.zip"),
    Path("data/instruction/images.zip"),
    Path("data/benchmark/textvqa_images.zip"),
)
TSVS = (Path("data/benchmark/mmbench.tsv"),)
CHUNK = 64  # images a worker takes at a time
ARRAYS = {
    "low_res": (np.float16, (LOW_RES_TOKENS, LOW_RES_CHANNELS)),
    "high_res": (np.float16, (HIGH_RES_SIDE, HIGH_RES_SIDE, HIGH_RES_CHANNELS)),
    "pooled": (np.float32, (POOLED_CHANNELS,)),
}


@dataclass(frozen=True)
class Place:
    """Where one image is: a member of a zip file, or bytes that were read already (of a TSV)."""

    file: Path
    name: str
    data: bytes | None = None


def find_images(zips: Sequence[Path], tsvs: Sequence[Path]) -> dict[str, Place]:
    """Return every distinct image by the sha256 of its bytes, sorted: members of `zips`, base64 images of MMBench `tsvs`."""
    places: dict[str, Place] = {}
    for path in zips:
        store = ImageStore(path)
        for name in tqdm(store.names(), desc=f"reading {path}", unit="image", mininterval=1):
            places.setdefault(sha256_of_bytes(store.read(name)), Place(path, name))
    for path in tsvs:
        for name, data in tsv_images(path):
            places.setdefault(sha256_of_bytes(data), Place(path, name, data))
    if not places:
        raise UserError(f"no image in {', '.join(map(str, [*zips, *tsvs]))}")
    return dict(sorted(places.items()))


def tsv_images(path: Path) -> Iterator[tuple[str, bytes]]:
    """Yield (the row's index, image bytes) of an MMBench TSV; a number in place of an image points to another row's.

    Raises:
        UserError: no such file or column, or a row whose image is not base64.
    """
    csv.field_size_limit(sys.maxsize)
    try:
        stream = open(path, encoding="utf-8", newline="")
    except FileNotFoundError:
        raise UserError(f"{path} does not exist; run `snakemake --cores all {path}`") from None
    with stream:
        reader = csv.DictReader(stream, delimiter="\t")
        if not {"index", "image"} <= set(reader.fieldnames or ()):
            raise UserError(
                f"{path} has the columns {', '.join(reader.fieldnames or ())}; it needs index and image"
            )
        for row in reader:
            if row["image"].isdigit() and len(row["image"]) < 16:
                continue
            try:
                yield f"of index {row['index']}", base64.b64decode(row["image"], validate=True)
            except ValueError:
                raise UserError(
                    f"{path} line {reader.line_num}: image of index {row['index']} is not base64"
                ) from None


@functools.cache
def _towers(folder: Path) -> Lite0Towers:
    return Lite0Towers.load(folder)


@functools.cache
def _store(path: Path) -> ImageStore:
    return ImageStore(path)


def _start_worker() -> None:
    keep_freed_memory()
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)


def _pixels(place: Place) -> np.ndarray:
    data = _store(place.file).read(place.name) if place.data is None else place.data
    try:
        return square_pixels(decode_image(data))
    except BadImage as error:
        raise UserError(f"{place.file}: image {place.name}: {error}") from None


def _write_chunk(towers: Path, folder: Path, start: int, places: list[Place]) -> int:
    """Fill rows `start` and following of the arrays in `folder`; returns how many."""
    features = _towers(towers).features_of_pixels(np.stack([_pixels(place) for place in places]))
    for name in ARRAYS:
        array = np.load(folder / f"{name}.npy", mmap_mode="r+")
        array[start : start + len(places)] = getattr(features, name)
    return len(places)


def write_features(places: dict[str, Place], towers: Path, folder: Path, workers: int) -> None:
    """Write the arrays and, last, `index.parquet` to `folder`; row k belongs to the k-th key of `places`."""
    partial = folder / ".partial"
    partial.mkdir(parents=True, exist_ok=True)
    for name, (kind, shape) in ARRAYS.items():
        open_memmap(partial / f"{name}.npy", mode="w+", dtype=kind, shape=(len(places), *shape))
    values = list(places.values())
    chunks = [(start, values[start : start + CHUNK]) for start in range(0, len(values), CHUNK)]
    context = multiprocessing.get_context("spawn")
    with (
        ProcessPoolExecutor(
            max(1, min(workers, len(chunks))), mp_context=context, initializer=_start_worker
        ) as pool,
        tqdm(total=len(values), desc="features", unit="image", mininterval=1) as progress,
    ):
        waiting = [pool.submit(_write_chunk, towers, partial, *chunk) for chunk in chunks]
        try:
            for done in as_completed(waiting):
                progress.update(done.result())
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    for name in ARRAYS:
        (partial / f"{name}.npy").replace(folder / f"{name}.npy")
    partial.rmdir()
    write_table(folder / "index.parquet", pa.table({"sha256": list(places)}))


def no_features(manifest: Path, folder: Path) -> None:
    """Write an index without rows and, as `towers.json`, which towers see the pictures themselves."""
    with complete_or_absent(folder / "towers.json") as temporary:
        temporary.write_bytes(manifest.read_bytes())
    write_table(folder / "index.parquet", pa.table({"sha256": pa.array([], pa.string())}))


def main() -> dict[str, int]:
    if not (TOWERS / "config.json").exists() and (TOWERS / "manifest.json").exists():
        no_features(TOWERS / "manifest.json", FOLDER)
        print(f"{FOLDER}: none; the towers of {TOWERS}/manifest.json see the pictures themselves")
        return {"samples": 0}
    places = find_images(ZIPS, TSVS)
    write_features(places, TOWERS, FOLDER, threads())
    print(f"{FOLDER}: features of {len(places):,} distinct images")
    return {"samples": len(places)}


if __name__ == "__main__":
    run_step(main)
