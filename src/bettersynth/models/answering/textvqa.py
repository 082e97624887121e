"""Answers to TextVQA's questions about what is written in a picture."""

from __future__ import annotations

from typing import Any

from bettersynth.data.pictures.images import ImageStore
from bettersynth.data.questions.prompts import without_text_tokens
from bettersynth.data.tables.benchmark import BOARDS, read_text_questions
from bettersynth.evaluation.benchmarks.textvqa import question_of_prompt
from bettersynth.models.answering.answerer import Answerer


def predict_textvqa(answerer: Answerer) -> list[dict[str, Any]]:
    """Return one record a question of the benchmark; its `question_id` is the picture's id."""
    rows = read_text_questions()
    store = ImageStore(BOARDS)
    # of each different picture
    position: dict[str, int] = {}
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
