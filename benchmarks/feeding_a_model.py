"""How long a fast model waits for its pictures: prepared in line, or by processes ahead of it.

    PYTHONPATH=src:benchmarks python benchmarks/feeding_a_model.py --rate 1900 --side 224

The model is a stand-in that sleeps as long as a GPU needs at `--rate` pictures a second; reading,
decoding, preparing and the way to the model are what `image_text_similarity_filter` does. The rates
of an H100 are in benchmarks/README.md. Ways take turns; the median of the rounds counts.
"""

from __future__ import annotations

import argparse
import importlib
import io
import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from bettersynth.data.samples.batch import Images
from bettersynth.measuring.launching import Launch, run_parts
from bettersynth.measuring.models.clip_preparation import ClipPreparation
from bettersynth.measuring.models.clip_scorer import ClipScorer
from bettersynth.models.devices import held_model as held
from bettersynth.models.devices.model_use import waiting_share

FILES = 64
PART = 256
WIDTH, HEIGHT = 500, 400


class SleepingTowers:
    """A model that takes its time and computes nothing."""

    def __init__(self, rate: float):
        self.rate = rate

    def images(self, pixels: np.ndarray) -> np.ndarray:
        """Return zeros, float32 `[images, 4]`, after the time that so many pictures take."""
        time.sleep(len(pixels) / self.rate)
        return np.zeros((len(pixels), 4), dtype=np.float32)


def jpeg_files(folder: Path) -> None:
    """Write pictures with the detail of photographs: noise at several sizes."""
    rng = np.random.default_rng(0)
    for number in range(FILES):
        picture = np.zeros((HEIGHT, WIDTH, 3))
        for cells in (4, 16, 64, 256):
            noise = rng.integers(0, 256, (cells, cells, 3), dtype=np.uint8)
            sized = Image.fromarray(noise).resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC)
            picture += np.asarray(sized) / cells**0.5
        scaled = (picture / picture.max() * 255).astype(np.uint8)
        content = io.BytesIO()
        Image.fromarray(scaled).save(content, "JPEG", quality=88)
        (folder / f"{number}.jpg").write_bytes(content.getvalue())


@dataclass(frozen=True)
class Feeding:
    """Starts the embedding of pictures in a worker."""

    folder: Path
    side: int
    rate: float

    def __call__(self) -> Callable[[Sequence[int]], int]:
        settings = {"size": self.side, "crop_size": self.side, "image_mean": [0.5] * 3}
        scorer = ClipScorer.__new__(ClipScorer)
        scorer.preparation = ClipPreparation({**settings, "image_std": [0.25] * 3})
        # by its module's name: the process that holds it finds no class of this __main__
        towers = importlib.import_module("feeding_a_model").SleepingTowers
        scorer.towers = held.held_model(towers, self.rate)

        def embed(numbers: Sequence[int]) -> int:
            # a new name each: nothing is decoded once for several
            names = [str(number) for number in numbers]
            return len(scorer.embed_images(Images(self.read), names))

        return embed

    def read(self, name: str) -> bytes:
        """Return the file of a picture; numbers from `FILES` on begin again at the first file."""
        return (self.folder / f"{int(name) % FILES}.jpg").read_bytes()


class Round(NamedTuple):
    """One round: its speed, and the share of time that the model waited."""

    pictures_a_second: float
    waiting: float


def fed(feeding: Feeding, pictures: int, processes: int) -> Round:
    """Return the speed with so many processes ahead of the model; 0 prepares in line."""
    parts = [range(start, start + PART) for start in range(0, pictures, PART)]
    held._OwnModel.use = held.Use()
    held.uses_told.clear()
    start = time.perf_counter()
    if not processes:
        embed = feeding()
        for part in parts:
            embed(part)
        return Round(pictures / (time.perf_counter() - start), share())
    folder = tempfile.mkdtemp()
    os.environ[held.FOLDER] = folder
    list(run_parts(feeding, parts, take, Launch(workers=processes)))
    seconds = time.perf_counter() - start
    held.note_uses(Path(folder))
    del os.environ[held.FOLDER]
    shutil.rmtree(folder)
    return Round(pictures / seconds, share())


def share() -> float:
    """Return the share of time that the model waited; 0 where it was never asked."""
    return waiting_share(held.model_uses()) or 0.0


def take(part: Sequence[int], positions: Sequence[int]) -> list[int]:
    """Return the part of these positions alone."""
    return [part[position] for position in positions]


def main() -> None:
    """Time the model with so many processes ahead of it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rate", type=float, default=1900, help="pictures a second of the model")
    parser.add_argument("--side", type=int, default=224, help="pixels that the model sees")
    parser.add_argument("--pictures", type=int, default=1536)
    parser.add_argument("--processes", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        jpeg_files(Path(folder))
        feeding = Feeding(Path(folder), given.side, given.rate)
        rounds: dict[int, list[Round]] = {number: [] for number in given.processes}
        for _ in range(given.rounds):
            for number, own in rounds.items():
                own.append(fed(feeding, given.pictures, number))
    for number, own in rounds.items():
        speed = statistics.median(one.pictures_a_second for one in own)
        waiting = statistics.median(one.waiting for one in own)
        print(f"{number} processes ahead: {speed:,.0f} pictures/s, the model waits {waiting:.0%}")


if __name__ == "__main__":
    main()
