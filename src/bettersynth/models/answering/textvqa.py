"""Answers to TextVQA's questions about what is written in a picture."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from bettersynth.data.pictures.images import ImageStore
from bettersynth.data.questions.prompts import without_text_tokens
from bettersynth.errors import UserError
from bettersynth.evaluation.benchmarks.textvqa import question_of_prompt
from bettersynth.models.answering.answerer import Answerer


def predict_textvqa(answerer: Answerer, folder: Path) -> list[dict[str, Any]]:
    """Return one record a question of `folder`'s TextVQA; `question_id` is the picture's id."""
    rows = read_text_questions(folder / "textvqa.jsonl")
    store = ImageStore(folder / "textvqa_images.zip")
    position: dict[str, int] = {}  # of each different picture
    pictures = [position.setdefault(row["image"], len(position)) for row in rows]
    answerer.see([store.read(name) for name in position])
    prompts = []
    for row, picture in zip(rows, pictures, strict=True):
        text = row["text"]
        if not answerer.settings.textvqa_ocr_tokens:
            text = without_text_tokens(text)
        prompts.append(answerer.prompt(text, picture))
    answers = answerer.answers(prompts, answerer.settings.textvqa_tokens, "textvqa answers")
    records = []
    for row, answer in zip(rows, answers, strict=True):
        record = {
            "question_id": row["question_id"],
            "image_id": str(row["question_id"]),
            "question": question_of_prompt(row["text"]),
            "prediction": answer,
        }
        records.append(record)
    return records


def read_text_questions(path: Path) -> list[dict[str, Any]]:
    """Return the rows of LLaVA's question file.

    Raises:
        UserError: it is not there.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise UserError(f"{path} does not exist; run `snakemake --cores all {path}`") from None
    # at "\n" alone: a question may hold other characters that end a line for Python
    return [json.loads(line) for line in content.split(b"\n") if line.strip()]
