"""Conversations about drawn boards, whose words an OCR engine has read."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tqdm import tqdm

from bettersynth.data.instruction.conversations import conversation
from bettersynth.data.questions.board_questions import BoardQuestion
from bettersynth.data.questions.ocr import read_all_tokens
from bettersynth.data.questions.prompts import text_prompt
from bettersynth.settings.signs import TokenCase


def board_conversations(
    drawn: Iterable[BoardQuestion], count: int, name: str, token_case: TokenCase, processes: int
) -> tuple[list[dict[str, Any]], list[tuple[str, bytes]]]:
    """Return the conversations about `count` boards, and the boards as (member name, bytes).

    With the `name` "sign" the ids are `sign-00000`, ..., the members `signs/00000.jpg`, ... The OCR
    tokens are what the engine reads, so now and then the answer (the word drawn) is not among them.
    """
    bar = tqdm(drawn, total=count, desc=f"drawing {name} boards", unit="board", mininterval=1)
    boards = list(bar)
    jpegs = [item.board.jpeg for item in boards]
    all_tokens = read_all_tokens(jpegs, processes, f"reading {name} boards")
    items = []
    pictures = []
    for number, (item, tokens) in enumerate(zip(boards, all_tokens, strict=True)):
        member = f"{name}s/{number:05d}.jpg"
        if token_case == "lower":
            tokens = [token.lower() for token in tokens]
        question = text_prompt(item.question, tokens)
        items.append(conversation(f"{name}-{number:05d}", member, question, item.answer))
        pictures.append((member, item.board.jpeg))
    return items, pictures
