"""Questions about sign boards, which have to be read."""

from __future__ import annotations

import zlib
from dataclasses import asdict
from typing import Any

import numpy as np

from bettersynth.data.instruction.board_conversations import board_conversations
from bettersynth.data.questions.board_questions import board_questions
from bettersynth.data.questions.sign_words import instruction_words
from bettersynth.settings.instruction import InstructionSettings


def sign_items(
    settings: InstructionSettings, forbidden: set[str], processes: int
) -> tuple[list[dict[str, Any]], list[tuple[str, bytes]]]:
    """Return the conversations about sign boards, and the boards as (member name, bytes).

    No word of `forbidden` is drawn.

    Raises:
        UserError: bad shares of question kinds, or too few words.
    """
    rng = np.random.default_rng([settings.seed, zlib.crc32(b"instruction boards")])
    words = [word for word in instruction_words() if word not in forbidden]
    shares = asdict(settings.sign_kinds)
    where = "params.yaml: instruction.sign_kinds"
    drawn = board_questions(settings.signs, words, shares, rng, where)
    return board_conversations(drawn, settings.signs, "sign", settings.token_case, processes)
