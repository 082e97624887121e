"""A pool, instruction data and benchmarks in the current folder that share pictures and words."""

from __future__ import annotations

import base64

from bettersynth.data.pictures.shard_writing import write_images
from bettersynth.data.questions.prompts import text_prompt
from bettersynth.data.tables.benchmark import (
    BOARDS,
    MMBENCH_COLUMNS,
    write_annotations,
    write_mmbench,
    write_text_questions,
)
from bettersynth.data.tables.instruction import write_instruction
from support.small_pool import picture, write_pool

QUESTION = "What word is on the old sign?"


def write_contaminated() -> None:
    """Write three pairs (s00 shows MMBench's picture, s01 says its answer) and two conversations
    (the second shows TextVQA's board and asks its question).
    """
    write_pool(["a thing", "a Hot dog indeed", "another"])
    row = dict.fromkeys(MMBENCH_COLUMNS, "")
    row |= {"index": "7", "question": "What is it?", "A": "hot dog", "B": "tea", "answer": "A"}
    row |= {"image": base64.b64encode(picture(0, width=48)).decode()}
    write_mmbench([row])
    board = picture(50)
    write_images(BOARDS, [("b.png", board)])
    prompt = text_prompt(QUESTION, ["stop"])
    write_text_questions([{"question_id": "b", "image": "b.png", "text": prompt}])
    answers = ["stop"] * 10
    write_annotations([{"image_id": "b", "question": QUESTION, "answers": answers}])
    items = []
    for name, asked in (("own.png", "What?"), ("taken.png", f"<image>\n{QUESTION}")):
        turns = [{"from": "human", "value": asked}, {"from": "gpt", "value": "go"}]
        items.append({"id": name, "image": name, "conversations": turns})
    write_instruction(items, [("own.png", picture(60)), ("taken.png", board)])
