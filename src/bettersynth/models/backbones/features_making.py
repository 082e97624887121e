"""Running nano's towers once over images: `data/features/`.

Worker processes use one thread each and write fixed chunks, so the bytes do not depend on how many
there are.
"""

from __future__ import annotations

import functools
import multiprocessing
import os
from concurrent.futures import as_completed
from pathlib import Path

import numpy as np
import torch
from numpy.lib.format import open_memmap
from tqdm import tqdm

from bettersynth.data.files.orphans import end_with_parent
from bettersynth.data.files.watched_pool import WatchedPool
from bettersynth.data.files.writing import complete_or_absent, naming_in_errors
from bettersynth.data.pictures.decoding import BadImage, decode_image
from bettersynth.data.pictures.images import ImageStore
from bettersynth.data.tables.feature_store import write_index
from bettersynth.errors import UserError
from bettersynth.models.backbones.distinct_images import Place
from bettersynth.models.backbones.lite0_shapes import (
    HIGH_RES_CHANNELS,
    HIGH_RES_SIDE,
    LOW_RES_CHANNELS,
    LOW_RES_TOKENS,
    POOLED_CHANNELS,
    square_pixels,
)
from bettersynth.models.backbones.lite0_towers import Lite0Towers
from bettersynth.models.devices.allocator import keep_freed_memory

# images a worker takes at a time
CHUNK = 64
# name: type, shape of one image's row
ARRAYS = {
    "low_res": (np.float16, (LOW_RES_TOKENS, LOW_RES_CHANNELS)),
    "high_res": (np.float16, (HIGH_RES_SIDE, HIGH_RES_SIDE, HIGH_RES_CHANNELS)),
    "pooled": (np.float32, (POOLED_CHANNELS,)),
}


def write_features(places: dict[str, Place], towers: Path, folder: Path, workers: int) -> None:
    """Write the arrays and, last, the index to `folder`.

    Rows are in the order of `places`, which names images by the sha256 of their bytes.

    Raises:
        UserError: an image cannot be decoded.
    """
    partial = folder / ".partial"
    partial.mkdir(parents=True, exist_ok=True)
    for name, (kind, shape) in ARRAYS.items():
        # made at full size first: workers write their rows into one file
        _make_array(partial / f"{name}.npy", kind, (len(places), *shape))
    _fill(list(places.values()), towers, partial, workers)
    for name in ARRAYS:
        (partial / f"{name}.npy").replace(folder / f"{name}.npy")
    partial.rmdir()
    # last: an index stands for arrays that are whole
    write_index(folder, list(places))


def _make_array(path: Path, kind: type[np.generic], shape: tuple[int, ...]) -> None:
    """Make a file for an array, with its room on the disk.

    A disk that is full when a worker writes to a mapped file kills that worker without a word.
    """
    with naming_in_errors(path):
        open_memmap(path, mode="w+", dtype=kind, shape=shape)
        # macOS has no such call
        if hasattr(os, "posix_fallocate"):
            with open(path, "r+b") as stream:
                os.posix_fallocate(stream.fileno(), 0, path.stat().st_size)


def write_no_features(manifest: Path, folder: Path) -> None:
    """Write an index without rows and, as `towers.json`, which towers see the pictures themselves.

    Towers in folders of their own would leave 27 MB an image (768 pixels): training and prediction
    take the pictures then, and `towers.json` tells them apart.
    """
    with complete_or_absent(folder / "towers.json") as temporary:
        temporary.write_bytes(manifest.read_bytes())
    write_index(folder, [])


def _fill(places: list[Place], towers: Path, folder: Path, workers: int) -> None:
    """Fill the rows of the arrays in `folder`, one for each of `places`."""
    chunks = [(start, places[start : start + CHUNK]) for start in range(0, len(places), CHUNK)]
    pool = WatchedPool(
        max(1, min(workers, len(chunks))),
        # spawn: a fork of a process in which torch has threads may hang
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_start_worker,
    )
    progress = tqdm(total=len(places), desc="features", unit="image", mininterval=1)
    with pool, progress:
        waiting = [pool.submit(_fill_chunk, towers, folder, *chunk) for chunk in chunks]
        try:
            for done in as_completed(waiting):
                progress.update(done.result())
        except BaseException:
            # without this, leaving the block would wait for all other chunks
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _start_worker() -> None:
    end_with_parent()
    keep_freed_memory()
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)


def _fill_chunk(towers: Path, folder: Path, start: int, places: list[Place]) -> int:
    """Fill the rows from `start` on of the arrays in `folder`; return how many."""
    pixels = np.stack([_pixels(place) for place in places])  # [chunk, 128, 128, 3]
    features = _towers(towers).features_of_pixels(pixels)
    for name in ARRAYS:
        # rows of different chunks do not overlap, so no lock is needed
        array = np.load(folder / f"{name}.npy", mmap_mode="r+")
        array[start : start + len(places)] = getattr(features, name)
    return len(places)


def _pixels(place: Place) -> np.ndarray:
    """Return uint8 `[128, 128, 3]`."""
    data = place.data
    if data is None:
        data = _store(place.file).read(place.name)
    try:
        return square_pixels(decode_image(data))
    except BadImage as error:
        raise UserError(f"{place.file}: image {place.name}: {error}") from None


@functools.cache
def _towers(folder: Path) -> Lite0Towers:
    return Lite0Towers.load(folder)


@functools.cache
def _store(path: Path) -> ImageStore:
    return ImageStore(path)
