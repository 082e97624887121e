"""Stage 2's instruction data: LLaVA items in `data/instruction/train.json`, their pictures beside.

Beside are only pictures that the pool does not hold itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from bettersynth.data.files.writing import write_json
from bettersynth.data.pictures.shard_writing import write_images
from bettersynth.data.samples.llava import llava_entries, pictures_of, turns_of
from bettersynth.data.tables.made_files import made
from bettersynth.errors import UserError

INSTRUCTION = Path("data/instruction")
INSTRUCTION_ITEMS = INSTRUCTION / "train.json"
INSTRUCTION_IMAGES = INSTRUCTION / "images"


def read_instruction() -> list[dict[str, Any]]:
    """Return the items: `id`, `image` (a member's name, or several) and `conversations`.

    Raises:
        UserError: no stage has written them yet, or they are damaged.
    """
    items = []
    with made(INSTRUCTION_ITEMS):
        for place, entry in llava_entries(INSTRUCTION_ITEMS):
            turns_of(entry, place)
            for name in pictures_of(entry):
                if not isinstance(name, str):
                    raise UserError(f"{place}: image must be a name or several, not {name!r}")
            items.append(entry)
    return items


def write_instruction(
    items: Sequence[dict[str, Any]], pictures: Iterable[tuple[str, bytes]]
) -> None:
    """Write the items, and `pictures` as (member name, file bytes) in the order given."""
    write_images(INSTRUCTION_IMAGES, pictures)
    write_json(INSTRUCTION_ITEMS, items)
