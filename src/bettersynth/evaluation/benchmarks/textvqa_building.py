"""Building TextVQA questions from drawn boards, read by an OCR engine and simulated annotators."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from tqdm import tqdm

from bettersynth.data.pictures.images import ImageStore
from bettersynth.data.pictures.shard_writing import write_images
from bettersynth.data.questions.board_questions import BoardQuestion, board_questions
from bettersynth.data.questions.ocr import read_all_tokens
from bettersynth.data.questions.prompts import text_prompt
from bettersynth.data.questions.sign_words import benchmark_words
from bettersynth.data.questions.thing_questions import pictures_of_things, thing_questions
from bettersynth.data.tables.benchmark import BOARDS, write_annotations, write_text_questions
from bettersynth.data.tables.samples import POOL_IMAGES, read_samples
from bettersynth.evaluation.benchmarks.annotators import annotate
from bettersynth.settings.benchmark import TextVQASettings

WHERE = "params.yaml: benchmark.textvqa"
# of a picture's name: the start of its hash
NAME_LENGTH = 16


def build_textvqa(settings: TextVQASettings, seed: int, processes: int) -> None:
    """Draw the boards, read them, and write questions, annotations and pictures.

    `processes` of the OCR engine read at once. Sign boards come first, then things between names.

    Raises:
        UserError: bad shares of question kinds, or too few benchmark concepts for things.
    """
    rng = np.random.default_rng([seed, zlib.crc32(b"textvqa boards")])
    kinds = asdict(settings.kinds)
    drawn = board_questions(settings.boards, benchmark_words(), kinds, rng, f"{WHERE}.kinds")
    bar = tqdm(drawn, total=settings.boards, desc="drawing boards", unit="board", mininterval=1)
    items = list(bar)
    if settings.things:
        items += _thing_boards(settings.things, seed)
    tokens = read_all_tokens([item.board.jpeg for item in items], processes, "reading boards")
    # a stream of its own: other words or answers must not move the boards, nor the reverse
    annotator = np.random.default_rng([seed, zlib.crc32(b"textvqa annotators")])
    questions = []
    entries = []
    pictures = {}
    for number, (item, read) in enumerate(zip(items, tokens, strict=True), 1):
        name = hashlib.sha256(item.board.jpeg).hexdigest()[:NAME_LENGTH]
        pictures[f"{name}.jpg"] = item.board.jpeg
        listed = read
        if settings.token_case == "lower":
            listed = [token.lower() for token in read]
        questions.append(_question(item, name, listed))
        entries.append(_annotation(item, name, number, settings, annotator))
    write_images(BOARDS, pictures.items())
    write_annotations(entries)
    write_text_questions(questions)


def _thing_boards(count: int, seed: int) -> list[BoardQuestion]:
    """Return boards with a thing of the benchmark split between three names of its concepts."""
    # a stream of its own: no sign board moves
    rng = np.random.default_rng([seed, zlib.crc32(b"textvqa things")])
    rows = read_samples(["images", "concept", "split"]).to_pylist()
    pictures = pictures_of_things(rows, "benchmark", "benchmark.textvqa.things")
    drawn = thing_questions(count, pictures, ImageStore(POOL_IMAGES).read, rng)
    return list(tqdm(drawn, total=count, desc="drawing things", unit="board", mininterval=1))


def _question(item: BoardQuestion, name: str, listed: Sequence[str]) -> dict[str, Any]:
    """Return a line of LLaVA's question file; `listed` are the OCR tokens."""
    return {
        "question_id": name,
        "image": f"{name}.jpg",
        "text": text_prompt(item.question, listed),
        "category": "default",
    }


def _annotation(
    item: BoardQuestion,
    name: str,
    number: int,
    settings: TextVQASettings,
    annotator: np.random.Generator,
) -> dict[str, Any]:
    """Return an entry of the annotations.

    `question_kind`, `sign_words` and `sign_colors` (top to bottom) are ours, everything else is as
    TextVQA 0.5.1 has it.
    """
    board = item.board
    # a slip names another word of the same board, as people do who look at the wrong sign
    others = [word for word in board.words if word != item.answer]
    answers = annotate(item.answer, others, settings.form_share, settings.slip_share, annotator)
    return {
        "question": item.question,
        "image_id": name,
        "image_classes": ["Sign"],
        "image_width": board.width,
        "image_height": board.height,
        "answers": answers,
        "question_tokens": item.question.lower().rstrip("?").split(),
        "question_id": number,
        "set_name": "val",
        "question_kind": item.kind,
        "sign_words": list(board.words),
        "sign_colors": list(board.colors),
    }
