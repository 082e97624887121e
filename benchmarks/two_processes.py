"""What a second process brings, and what one pass over the pictures does.

    PYTHONPATH=src:benchmarks python benchmarks/two_processes.py DATA.jsonl CLIP --rows 4000

Processes: the same recipe with `np: 1` and `np: 2`, on the clock, starts included. Once with three
operators that decode each picture, once with similarity by CLIP (a folder with weights of
transformers). One pass: the three operators as one recipe, and as three of one line each; decoded
pictures are counted in this process. The rows of DATA are repeated under names of their own, with
their pictures as links, so that nothing is decoded once for several rows. Ways take turns; the
median of the rounds counts.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from scoring_against_data_juicer import Cost, Tools, recipe, similarity

from bettersynth.data.samples import batch
from bettersynth.recipes.engine.run import run_recipe

PICTURE_OPERATORS: list[dict[str, Any]] = [
    {"image_quality_filter": {"min_sharpness": 0.0}},
    {"image_subplot_filter": {}},
    {"image_deduplicator": {"method": "phash", "consider_text": False}},
]


def repeated(data: Path, folder: Path, rows: int) -> Path:
    """Write `rows` rows, those of `data` again and again, and return their jsonl."""
    lines = data.read_text(encoding="utf-8").splitlines()
    (folder / "pictures").mkdir()
    path = folder / "rows.jsonl"
    with open(path, "w", encoding="utf-8") as stream:
        for number in range(rows):
            row = json.loads(lines[number % len(lines)])
            source = data.parent / row["images"][0]
            name = f"pictures/{number}{source.suffix}"
            os.symlink(source.resolve(), folder / name)
            row.update(id=str(number), images=[str(folder / name)])
            stream.write(json.dumps(row) + "\n")
    return path


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


def medians_in_turns(
    tools: Tools, data: Path, process: list[dict[str, Any]], rounds: int
) -> tuple[float, float]:
    """Return the seconds on the clock with one process and with two."""
    seconds: dict[int, list[float]] = {1: [], 2: []}
    for _ in range(rounds):
        for processes, found in seconds.items():
            cost: Cost = tools.run("bettersynth", data, process, np=processes)
            found.append(cost.wall_seconds)
    return statistics.median(seconds[1]), statistics.median(seconds[2])


def run_here(folder: Path, data: Path, process: list[dict[str, Any]]) -> float:
    """Run a recipe in this process, and return the CPU seconds that it took."""
    folder.mkdir(exist_ok=True)
    (folder / "out").mkdir(exist_ok=True)
    for old in (folder / "out").iterdir():
        if old.is_file():
            old.unlink()
    before = time.process_time()
    run_recipe(recipe(folder, data, process, use_cache=False, np=1))
    return time.process_time() - before


def main() -> None:
    """Print both comparisons."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("clip", type=Path)
    parser.add_argument("--rows", type=int, default=4000)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        data = repeated(arguments.data.resolve(), folder, arguments.rows)
        tools = Tools(folder, "", folder)
        jobs = {"picture operators": PICTURE_OPERATORS, "CLIP": similarity(arguments.clip, -1.0)}
        for job, process in jobs.items():
            one, two = medians_in_turns(tools, data, process, arguments.rounds)
            print(f"{job}: {one:.1f} s with one process, {two:.1f} with two, {one / two:.2f}x")
        ways = {"one pass": [PICTURE_OPERATORS], "a pass each": [[x] for x in PICTURE_OPERATORS]}
        for way, recipes in ways.items():
            with counted_decodings() as count:
                seconds = sum(run_here(folder / "here", data, process) for process in recipes)
            each = count[0] / arguments.rows
            print(f"{way}: {each:.2f} decodings a picture, {seconds:.1f} CPU s")


if __name__ == "__main__":
    main()
