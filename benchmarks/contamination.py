"""Measure how many planted copies of benchmark pictures `bettersynth contamination` finds, and how
often it calls other pictures copies.

    PYTHONPATH=src python benchmarks/contamination.py --planted 300
    # in a folder with a finished run's data/; about 3 minutes on one core

A copy is the file itself, JPEG of quality 30 to 90, resized to .4 to 2 times its sides (proportions
changed by up to 10 %), cut to 70 to 100 % of each side at any place, or all of these; `larger` is a
training picture that a benchmark picture was cut from. False alarms are those of the run's own pool
and instruction data, whose splits share no picture.
"""

from __future__ import annotations

import argparse
import io
import time
from collections.abc import Callable, Sequence

import numpy as np
from PIL import Image

from bettersynth.data.files.hashing import sha256_of_bytes
from bettersynth.data.pictures.copies import find_copies, originals_of, thumbnail_pixels
from bettersynth.data.pictures.decoding import decode_image
from bettersynth.data.pictures.images import ImageStore
from bettersynth.data.tables.instruction import INSTRUCTION_IMAGES
from bettersynth.data.tables.samples import POOL_IMAGES
from bettersynth.evaluation.contamination.benchmark_side import held_pictures
from bettersynth.evaluation.contamination.searching import instruction_samples, pool_samples

LEAST_KEPT = 0.7


def recompressed(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Return the picture after JPEG of a quality of 30 to 90."""
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=int(rng.integers(30, 91)))
    return Image.open(stream).convert("RGB")


def resized(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Return the picture .4 to 2 times as large, its sides a little out of proportion."""
    scale = rng.uniform(0.4, 2)
    stretch = np.sqrt(rng.uniform(0.9, 1.1))
    width = max(8, round(picture.width * scale * stretch))
    height = max(8, round(picture.height * scale / stretch))
    return picture.resize((width, height), Image.Resampling.LANCZOS)


def cropped(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Return a part of the picture, of at least `LEAST_KEPT` of each side."""
    kept = rng.uniform(LEAST_KEPT, 1, 2)
    left, top = rng.uniform(0, 1 - kept)
    right, bottom = np.array([left, top]) + kept
    width, height = picture.size
    box = (round(left * width), round(top * height), round(right * width), round(bottom * height))
    return picture.crop(box)


def all_three(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Return the picture cropped, resized and recompressed."""
    return recompressed(resized(cropped(picture, rng), rng), rng)


Change = Callable[[Image.Image, np.random.Generator], Image.Image]
CHANGES: dict[str, Change] = {
    "recompressed": recompressed,
    "resized": resized,
    "cropped": cropped,
    "all three": all_three,
}


def right_shares(files: Sequence[bytes], planted: int, seed: int) -> dict[str, float]:
    """Return the share of copies that are found and traced to their original, by kind."""
    rng = np.random.default_rng(seed)
    chosen = rng.choice(len(files), min(planted, len(files)), replace=False)
    originals = originals_of(np.stack([thumbnail_pixels(decode_image(file)) for file in files]))
    hashes = {sha256_of_bytes(file): place for place, file in enumerate(files)}
    shares = {
        "exact": np.mean([hashes[sha256_of_bytes(files[place])] == place for place in chosen])
    }
    for name, change in CHANGES.items():
        copies = []
        for place in chosen:
            copies.append(thumbnail_pixels(change(decode_image(files[place]), rng)))
        traced = {copy.picture: copy.original for copy in find_copies(np.stack(copies), originals)}
        shares[name] = np.mean([traced.get(row) == place for row, place in enumerate(chosen)])
    cuts = []
    for place in chosen:
        cuts.append(thumbnail_pixels(cropped(decode_image(files[place]), rng)))
    wholes = originals.pixels[chosen]
    copies_of_wholes = find_copies(wholes, originals_of(np.stack(cuts)))
    traced = {copy.picture: copy.original for copy in copies_of_wholes}
    shares["larger"] = np.mean([traced.get(row) == row for row in range(len(chosen))])
    return {name: float(share) for name, share in shares.items()}


def false_alarms(files: Sequence[bytes]) -> tuple[int, int]:
    """Return (pictures of the run's training data that are called copies, all of them)."""
    originals = originals_of(np.stack([thumbnail_pixels(decode_image(file)) for file in files]))
    store = ImageStore(POOL_IMAGES, INSTRUCTION_IMAGES)
    names: dict[str, None] = {}
    for sample in [*pool_samples(), *instruction_samples()]:
        names.update(dict.fromkeys(sample.pictures))
    pixels = np.stack([thumbnail_pixels(decode_image(store.read(name))) for name in names])
    return sum(1 for _ in find_copies(pixels, originals)), len(pixels)


def main() -> None:
    """Plant changed copies and print how many are found."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--planted", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    files = [held.content for held in held_pictures()]
    for name, share in right_shares(files, arguments.planted, arguments.seed).items():
        print(f"{name:14}{100 * share:6.1f} % found", flush=True)
    start = time.process_time()
    alarms, pictures = false_alarms(files)
    seconds = time.process_time() - start
    print(f"false alarms: {alarms} of {pictures:,} pictures ({100 * alarms / pictures:.2f} %)")
    print(f"{1000 * seconds / pictures:.1f} ms of CPU a picture, against {len(files):,}")


if __name__ == "__main__":
    main()
