"""Time and memory of one recipe as the data grows: 9 cheap operators over 10,000, 100,000 and
400,000 rows.

    PYTHONPATH=src python benchmarks/growth.py --rows 10000 100000 400000

Texts and pictures are drawn with a fixed seed; 2,000 small pictures are shared by the rows. The
pool of a real run is on disk likewise.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image
from scoring_against_data_juicer import CHEAP, Tools

PICTURES = 2000
KINDS = ("red", "blue", "old", "tall", "wet", "dark")
THINGS = ("dog", "cat", "tree", "house", "boat", "bird", "road", "hat")
WORDS = ["".join(pair) for pair in itertools.product(KINDS, THINGS)]


def write_data(folder: Path, rows: int) -> Path:
    """Write so many rows with pictures as a data set; return its jsonl."""
    (folder / "images").mkdir(exist_ok=True)
    for k in range(PICTURES):
        path = folder / f"images/{k}.png"
        if not path.exists():
            pixels = np.random.default_rng(k).integers(0, 256, (24, 24 + k % 9, 3), dtype=np.uint8)
            Image.fromarray(pixels).resize((96 + k % 64, 96)).save(path)
    rng = random.Random(0)
    path = folder / f"{rows}.jsonl"
    with open(path, "w", encoding="utf-8") as stream:
        for k in range(rows):
            text = " ".join(rng.choices(WORDS, k=rng.randrange(6, 30)))
            row = {
                "id": str(k),
                "text": f"<__dj__image>\n{text} <|__dj__eoc|>",
                "images": [f"images/{rng.randrange(PICTURES)}.png"],
            }
            stream.write(json.dumps(row) + "\n")
    return path


def main() -> None:
    """Time the cheap operators on data sets of growing size."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", nargs="+", type=int, default=[10_000, 100_000, 400_000])
    arguments = parser.parse_args()
    print(f"{'rows':>8} {'CPU s':>8} {'wall s':>8} {'peak MB':>8} {'us a row':>9} {'kept':>8}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        tools = Tools(folder, "", folder)
        for rows in arguments.rows:
            data = write_data(folder, rows)
            # image_deduplicator would leave 2,000 rows: the later operators shall see them all
            cost = tools.run(
                "bettersynth", data, [line for line in CHEAP if "image_deduplicator" not in line]
            )
            each = 1e6 * cost.cpu_seconds / rows
            print(
                (
                    f"{rows:8,} {cost.cpu_seconds:8.1f} {cost.wall_seconds:8.1f} "
                    f"{cost.peak_mb:8.0f} {each:9.0f} {cost.kept:8,}"
                ),
                flush=True,
            )


if __name__ == "__main__":
    main()
