"""Questions that two experiments answer most differently, with their pictures and both answers."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from bettersynth.data.pictures.decoding import BadImage
from bettersynth.data.pictures.images import ImageStore
from bettersynth.data.tables.benchmark import BOARDS, MMBENCH
from bettersynth.data.tables.items import TEXT_PROTOCOL
from bettersynth.errors import UserError
from bettersynth.evaluation.benchmarks.mmbench import read_questions
from bettersynth.evaluation.benchmarks.mmbench_pictures import picture_cells, picture_of_row
from bettersynth.experiments.report.sample_part import thumbnail

EACH_WAY = 6


@dataclasses.dataclass(frozen=True)
class FlippedItem:
    """One question: mean scores over the seeds (percent) and the most frequent answer of each run.

    `picture` is "" if it is not at hand, and so are the answers of a score that keeps none.
    """

    benchmark: str
    item: str
    picture: str
    question: str
    answer: str
    first_score: float
    second_score: float
    first_answer: str
    second_answer: str


@dataclasses.dataclass(frozen=True)
class _Answers:
    """A run's answers to one benchmark, a row an item: mean score, most frequent answer."""

    scores: pd.Series
    said: pd.Series
    questions: pd.DataFrame


def flipped_items(first: pa.Table, second: pa.Table, protocol: str) -> list[FlippedItem]:
    """Return up to six questions of each benchmark that each run answers better.

    `first` and `second` are the items of two runs; the widest gaps come first, those that the first
    run answers better before the others.
    """
    flipped = []
    for benchmark, column in (("mmbench", protocol), ("textvqa", TEXT_PROTOCOL)):
        runs = [_answers(items, benchmark, column) for items in (first, second)]
        names = runs[0].scores.index
        chosen = _widest(runs[1].scores.to_numpy() - runs[0].scores.to_numpy())
        pictures = _pictures(benchmark, runs[0].questions.loc[[names[row] for row in chosen]])
        for row in chosen:
            name = names[row]
            question = runs[0].questions.loc[name]
            flipped.append(
                FlippedItem(
                    benchmark=benchmark,
                    item=name,
                    picture=pictures.get(name, ""),
                    question=question["question"],
                    answer=question["answer"],
                    first_score=100 * float(runs[0].scores.iloc[row]),
                    second_score=100 * float(runs[1].scores.iloc[row]),
                    first_answer=str(runs[0].said.iloc[row]),
                    second_answer=str(runs[1].said.iloc[row]),
                )
            )
    return flipped


def _answers(items: pa.Table, benchmark: str, column: str) -> _Answers:
    frame = items.to_pandas()
    frame = frame[frame["benchmark"] == benchmark]
    by_item = frame.groupby("item", sort=False)
    # by likelihood no answer is written: the likeliest option stands for it
    said = by_item["likeliest" if column == "likelihood" else "prediction"].agg(_most_frequent)
    # which option is chosen less the prior is not kept
    if column == "likelihood_minus_prior":
        said[:] = ""
    return _Answers(
        scores=by_item[column].mean(),
        said=said,
        questions=frame.drop_duplicates("item").set_index("item"),
    )


def _most_frequent(texts: Sequence[str]) -> str:
    return Counter(texts).most_common(1)[0][0]


def _widest(gap: np.ndarray) -> list[int]:
    """Return the rows with the most negative, then those with the most positive `gap [items]`."""
    # stable: of equal gaps the first question, so that the page is the same every time
    order = np.argsort(gap, kind="stable").tolist()
    worse = [row for row in order[:EACH_WAY] if gap[row] < 0]
    better = [row for row in order[::-1][:EACH_WAY] if gap[row] > 0]
    return worse + better


def _pictures(benchmark: str, asked: pd.DataFrame) -> dict[str, str]:
    """Return thumbnails by item from the benchmark in the working tree, as far as it is there.

    `asked` has a row an item, with question and right answer.
    """
    if benchmark == "mmbench" and MMBENCH.exists():
        return _choice_pictures(asked)
    if benchmark == "textvqa" and BOARDS.exists():
        return _board_pictures(list(asked.index))
    return {}


def _choice_pictures(asked: pd.DataFrame) -> dict[str, str]:
    thumbnails: dict[str, str] = {}
    try:
        cells = picture_cells(MMBENCH)
        rows = {str(row.index): row for row in read_questions(MMBENCH)}
    except UserError:
        # a comparison is worth having without pictures
        return thumbnails
    for item, question in asked.iterrows():
        row = rows.get(item)
        # the runs may have been asked another benchmark than the one that lies here
        if row is None or row.question != question["question"]:
            continue
        if row.options[row.answer] != question["answer"]:
            continue
        try:
            thumbnails[item] = thumbnail(picture_of_row(cells, row.index, MMBENCH))
        except (BadImage, UserError):
            continue
    return thumbnails


def _board_pictures(items: Sequence[str]) -> dict[str, str]:
    store = ImageStore(BOARDS)
    names = {Path(name).stem: name for name in store.names()}
    thumbnails = {}
    for item in items:
        image_id, _, _ = item.partition(" ")
        if image_id in names:
            thumbnails[item] = thumbnail(store.read(names[image_id]))
    return thumbnails
