"""Questions about boards with a thing and three names, of which only seeing tells the right one."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from bettersynth.data.instruction.board_conversations import board_conversations
from bettersynth.data.pictures.images import ImageStore
from bettersynth.data.questions.thing_questions import pictures_of_things, thing_questions
from bettersynth.data.tables.samples import POOL_IMAGES
from bettersynth.settings.instruction import InstructionSettings


def thing_items(
    rows: Sequence[dict[str, Any]], settings: InstructionSettings, processes: int
) -> tuple[list[dict[str, Any]], list[tuple[str, bytes]]]:
    """Return `settings.things` conversations, and their boards as (member name, bytes).

    `rows` are those of the instruction split: things and names are its concepts alone.

    Raises:
        UserError: it shows fewer than three concepts of one word.
    """
    # a stream of its own: no sign board moves
    rng = np.random.default_rng([settings.seed, zlib.crc32(b"instruction things")])
    pictures = pictures_of_things(rows, "instruction", "instruction.things")
    drawn = thing_questions(settings.things, pictures, ImageStore(POOL_IMAGES).read, rng)
    return board_conversations(drawn, settings.things, "thing", settings.token_case, processes)
