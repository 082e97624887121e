"""Questions that two experiments answer most differently, with their pictures and both answers."""

from __future__ import annotations

import base64
import binascii
import dataclasses
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from bettersynth.data.pictures.images import BadImage, ImageStore
from bettersynth.experiments.report.sample_part import thumbnail

if TYPE_CHECKING:
    from bettersynth.experiments.history.compared_runs import Run

TSV, BOARDS = Path("data/benchmark/mmbench.tsv"), Path("data/benchmark/textvqa_images.zip")
EACH_WAY = 6


@dataclasses.dataclass(frozen=True)
class FlippedItem:
    """One question: mean scores over the seeds (percent) and the most frequent answer of each run; `picture` is "" if not at hand."""

    benchmark: str
    item: str
    picture: str
    question: str
    answer: str
    first_score: float
    second_score: float
    first_answer: str
    second_answer: str


def flipped_items(first: Run, second: Run, protocol: str) -> list[FlippedItem]:
    """Return up to six questions of each benchmark that each run answers better, the widest gaps first."""
    found = []
    for benchmark, column in (("mmbench", protocol), ("textvqa", "accuracy")):
        said = "likeliest" if column.startswith("likelihood") else "prediction"
        tables = []
        for run in (first, second):
            frame = run.items.to_pandas()
            frame = frame[frame["benchmark"] == benchmark]
            scores = frame.groupby("item", sort=False)[column].mean()
            answers = frame.groupby("item", sort=False)[said].agg(
                lambda texts: Counter(texts).most_common(1)[0][0]
            )
            tables.append((scores, answers, frame.drop_duplicates("item").set_index("item")))
        gap = (tables[1][0] - tables[0][0]).to_numpy()
        names = tables[0][0].index
        order = np.argsort(gap, kind="stable")
        chosen = [k for k in order[:EACH_WAY] if gap[k] < 0] + [
            k for k in order[::-1][:EACH_WAY] if gap[k] > 0
        ]
        pictures = _pictures(benchmark, [names[k] for k in chosen])
        for k in chosen:
            about = tables[0][2].loc[names[k]]
            scores = [100 * float(table[0].iloc[k]) for table in tables]
            answers = [str(table[1].iloc[k]) for table in tables]
            found.append(
                FlippedItem(
                    benchmark,
                    names[k],
                    pictures.get(names[k], ""),
                    about["question"],
                    about["answer"],
                    *scores,
                    *answers,
                )
            )
    return found


def _pictures(benchmark: str, items: list[str]) -> dict[str, str]:
    """Return thumbnails by item from the benchmark in the working tree; what is not there has none."""
    out: dict[str, str] = {}
    if benchmark == "mmbench" and TSV.exists():
        table = pd.read_csv(TSV, sep="\t", dtype=str, usecols=["index", "image"]).set_index(
            "index"
        )["image"]
        data = {item: table.get(item) for item in items}
        for item, text in data.items():
            if isinstance(text, str):
                try:
                    out[item] = thumbnail(base64.b64decode(text, validate=True))
                except (BadImage, binascii.Error):
                    continue
    if benchmark == "textvqa" and BOARDS.exists():
        store = ImageStore(BOARDS)
        by_stem = {Path(name).stem: name for name in store.names()}
        for item in items:
            name = by_stem.get(item.split(" ", 1)[0])
            if name:
                out[item] = thumbnail(store.read(name))
    return out
