"""Questions about sign boards, which have to be read."""

from __future__ import annotations

import zlib
from dataclasses import asdict
from typing import Any

import numpy as np
from tqdm import tqdm

from bettersynth.data.instruction.conversations import conversation
from bettersynth.data.questions.board_questions import board_questions
from bettersynth.data.questions.ocr import read_all_tokens
from bettersynth.data.questions.prompts import text_prompt
from bettersynth.data.questions.sign_words import instruction_words
from bettersynth.settings.instruction import InstructionSettings


def sign_items(
    settings: InstructionSettings, forbidden: set[str], processes: int
) -> tuple[list[dict[str, Any]], list[tuple[str, bytes]]]:
    """Return the conversations about sign boards, and the boards as (member name, bytes).

    The OCR tokens are what the engine reads, so now and then the answer (the word drawn) is not
    among them. No word of `forbidden` is drawn.

    Raises:
        UserError: bad shares of question kinds, or too few words.
    """
    rng = np.random.default_rng([settings.seed, zlib.crc32(b"instruction boards")])
    words = [word for word in instruction_words() if word not in forbidden]
    shares = asdict(settings.sign_kinds)
    where = "params.yaml: instruction.sign_kinds"
    drawn = board_questions(settings.signs, words, shares, rng, where)
    boards = list(
        tqdm(drawn, total=settings.signs, desc="drawing boards", unit="board", mininterval=1)
    )
    all_tokens = read_all_tokens([item.board.jpeg for item in boards], processes, "reading boards")
    items = []
    pictures = []
    for number, (item, tokens) in enumerate(zip(boards, all_tokens, strict=True)):
        name = f"signs/{number:05d}.jpg"
        if settings.token_case == "lower":
            tokens = [token.lower() for token in tokens]
        question = text_prompt(item.question, tokens)
        items.append(conversation(f"sign-{number:05d}", name, question, item.answer))
        pictures.append((name, item.board.jpeg))
    return items, pictures
