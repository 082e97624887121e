"""Making `data/instruction/`: conversations about pictures of its own concepts, and about boards.

No benchmark concept is named in it, on a sign or elsewhere, and no word of the benchmark's sign
boards is on a sign.
"""

from __future__ import annotations

from bettersynth.data.instruction.arranging import arranged
from bettersynth.data.instruction.picture_questions import picture_items
from bettersynth.data.instruction.sign_questions import sign_items
from bettersynth.data.instruction.thing_items import thing_items
from bettersynth.data.tables.instruction import write_instruction
from bettersynth.data.tables.samples import SAMPLES, read_conversations, read_samples
from bettersynth.errors import UserError
from bettersynth.settings.instruction import InstructionSettings

COLUMNS = ["id", "text", "images", "concept", "group", "split"]


def make_instruction(settings: InstructionSettings, processes: int) -> dict[str, int]:
    """Write the items and the boards; return how many items are about pictures, signs and things.

    Raises:
        UserError: there is nothing to ask about, or too few concepts or words to ask with.
    """
    rows = read_samples(COLUMNS).to_pylist()
    asked_about = [row["concept"] for row in rows if row["split"] == "benchmark"]
    benchmark_concepts = {concept.lower() for concept in asked_about if concept}
    # conversations of sources for stage 2 come as they are: nothing is asked about their pictures
    given = {row["id"] for row in read_conversations("instruction")}
    shown = [row for row in rows if row["split"] == "instruction" and row["id"] not in given]
    picture_conversations = list(picture_items(shown, settings))
    parts = {"pictures": picture_conversations}
    parts["signs"], boards = [], []
    if settings.signs:
        parts["signs"], boards = sign_items(settings, benchmark_concepts, processes)
    parts["things"], thing_boards = [], []
    if settings.things:
        parts["things"], thing_boards = thing_items(shown, settings, processes)
    items = arranged(parts, settings)
    if not items:
        raise UserError(
            f"{SAMPLES} holds no instruction pictures and params.yaml: instruction.signs is 0; "
            "stage 2 needs data"
        )
    write_instruction(items, [*boards, *thing_boards])
    return {name: len(of_part) for name, of_part in parts.items()}
