"""The scored items of a run: all seeds' predictions, joined with the benchmarks' answers."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
from tqdm import tqdm

from bettersynth.data.tables.benchmark import ANNOTATIONS, MMBENCH, read_annotation_file
from bettersynth.data.tables.items import item_table
from bettersynth.data.tables.made_files import made
from bettersynth.data.tables.predictions import predictions_path
from bettersynth.evaluation.benchmarks.mmbench import base_questions, read_questions
from bettersynth.evaluation.benchmarks.mmbench_pictures import pictures_of_questions
from bettersynth.evaluation.benchmarks.textvqa import (
    annotation_entries,
    question_ids,
    read_annotations,
)
from bettersynth.evaluation.benchmarks.textvqa_parts import kind_of
from bettersynth.evaluation.scoring.choice_predictions import (
    read_choice_predictions,
    require_likelihoods,
)
from bettersynth.evaluation.scoring.item_scores import choice_items, text_items
from bettersynth.evaluation.scoring.text_predictions import read_text_predictions


def scored_items(seeds: Sequence[int], extraction: str, textvqa_protocol: str) -> pa.Table:
    """Return the items of all seeds, sorted by benchmark, seed and the questions' order.

    Raises:
        UserError: a file is missing, or holds other questions, doubles, gaps or broken lines.
    """
    with made(MMBENCH):
        questions = read_questions(MMBENCH)
    content = read_annotation_file()
    annotations = read_annotations(content, str(ANNOTATIONS))
    kinds = {}
    for key, entry in zip(annotations, annotation_entries(content), strict=True):
        kinds[key] = kind_of(entry)
    ids = question_ids(content)
    base = [question.index for question in base_questions(questions)]
    pictures = pictures_of_questions(MMBENCH, base)
    rows: list[dict[str, object]] = []
    for seed in tqdm(seeds, desc="MMBench", unit="seed", mininterval=1):
        path = predictions_path("mmbench", seed)
        choices = read_choice_predictions(path, questions)
        require_likelihoods(path, choices, questions)
        rows += choice_items(seed, questions, choices, extraction, pictures)
    for seed in tqdm(seeds, desc="TextVQA", unit="seed", mininterval=1):
        path = predictions_path("textvqa", seed)
        texts = read_text_predictions(path, list(annotations), ids)
        rows += text_items(seed, annotations, kinds, texts, textvqa_protocol)
    return item_table(rows)
