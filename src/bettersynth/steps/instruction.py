"""Stage 2's fixed instruction data: questions about pictures of its own concepts, and sign boards to read. LLaVA json.

Run alone: `python -m bettersynth.steps.instruction`. Writes `data/instruction/train.json` and `images.zip`; the zip holds the sign
boards only, all other pictures are members of `data/pool/images.zip`. No benchmark concept is named in it, on a sign or elsewhere,
and no word of the benchmark's sign boards is on a sign.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from bettersynth.data.files.reading import read_table
from bettersynth.data.files.writing import write_json
from bettersynth.data.instruction.published_files import take_instruction
from bettersynth.data.pictures.images import write_images
from bettersynth.data.questions.distractors import Concept, Distractors, with_answer_at
from bettersynth.data.questions.ocr import read_all_tokens
from bettersynth.data.questions.prompts import (
    CONCEPT_QUESTION,
    DESCRIBE_QUESTIONS,
    multiple_choice_prompt,
    text_prompt,
)
from bettersynth.data.questions.signs import board_questions, instruction_words, share_out
from bettersynth.data.samples.text_form import caption_of_text
from bettersynth.errors import UserError
from bettersynth.experiments.workflow.run_step import run_step
from bettersynth.settings.instruction import InstructionSettings
from bettersynth.settings.reading import load_params, read_settings, threads

SAMPLES = Path("data/pool/samples.parquet")
FOLDER = Path("data/instruction")
MOST_OPTIONS = 4


def conversation(id: str, image: str, question: str, answer: str) -> dict[str, Any]:
    """Return one LLaVA item: the picture first, one question, one answer."""
    turns = [{"from": "human", "value": f"<image>\n{question}"}, {"from": "gpt", "value": answer}]
    return {"id": id, "image": image, "conversations": turns}


def picture_items(
    rows: list[dict[str, Any]], settings: InstructionSettings
) -> Iterator[dict[str, Any]]:
    """Yield the conversations about pictures; `rows` are those of the sample table's instruction split.

    A picture without a concept is described. Wrong options are instruction concepts only.

    Raises:
        UserError: too few different concepts for a choice question.
    """
    where = "params.yaml: instruction"
    rng = np.random.default_rng([settings.seed, zlib.crc32(b"instruction pictures")])
    distractors = Distractors(
        [Concept(row["concept"], row["group"]) for row in rows if row["concept"]]
    )
    count = len(rows) * settings.questions_per_picture
    kinds = [
        str(kind)
        for kind in rng.permutation(
            share_out(asdict(settings.picture_kinds), count, f"{where}.picture_kinds")
        )
    ]
    for number, kind in enumerate(kinds):
        row = rows[number % len(rows)]
        id = f"{row['id']}-{number // len(rows)}"
        if kind == "describe" or not row["concept"]:
            question = str(rng.choice(DESCRIBE_QUESTIONS))
            yield conversation(id, row["images"][0], question, caption_of_text(row["text"]))
        elif kind == "concept":
            yield conversation(id, row["images"][0], CONCEPT_QUESTION, row["concept"])
        else:
            options, place = _options(
                Concept(row["concept"], row["group"]), distractors, settings.same_group, rng
            )
            yield conversation(
                id,
                row["images"][0],
                multiple_choice_prompt(CONCEPT_QUESTION, options),
                "ABCD"[place],
            )


def _options(
    answer: Concept, distractors: Distractors, same_group: float, rng: np.random.Generator
) -> tuple[list[str], int]:
    """Return two to four options and the index of the answer, both drawn evenly."""
    count = int(rng.integers(2, MOST_OPTIONS + 1))
    same = bool(rng.random() < same_group)
    wrong = distractors.choose(answer, count - 1, same, rng) or distractors.choose(
        answer, count - 1, not same, rng
    )
    if wrong is None:
        raise UserError(
            f"{SAMPLES} holds too few different instruction concepts for {count} options beside {answer.name!r}; "
            "set instruction.picture_kinds.choice to 0"
        )
    place = int(rng.integers(count))
    return with_answer_at(answer.name, wrong, place), place


def sign_items(
    settings: InstructionSettings, forbidden: set[str], processes: int
) -> tuple[list[dict[str, Any]], list[tuple[str, bytes]]]:
    """Return the conversations about sign boards, and the boards as (member name, bytes).

    The OCR tokens are what the engine reads, so now and then the answer (the word drawn) is not among them. No word of
    `forbidden` is drawn.
    """
    rng = np.random.default_rng([settings.seed, zlib.crc32(b"instruction boards")])
    words = [word for word in instruction_words() if word not in forbidden]
    drawn = board_questions(
        settings.signs,
        words,
        asdict(settings.sign_kinds),
        rng,
        "params.yaml: instruction.sign_kinds",
    )
    boards = list(
        tqdm(drawn, total=settings.signs, desc="drawing boards", unit="board", mininterval=1)
    )
    tokens = read_all_tokens([item.board.jpeg for item in boards], processes, "reading boards")
    items, pictures = [], []
    for number, (item, read) in enumerate(zip(boards, tokens, strict=True)):
        name = f"signs/{number:05d}.jpg"
        pictures.append((name, item.board.jpeg))
        listed = [token.lower() for token in read] if settings.token_case == "lower" else read
        items.append(
            conversation(
                f"sign-{number:05d}", name, text_prompt(item.question, listed), item.answer
            )
        )
    return items, pictures


def main() -> None:
    settings = read_settings(
        InstructionSettings, load_params().get("instruction"), "params.yaml: instruction"
    )
    if settings.file and settings.images:
        count, aside = take_instruction(
            Path(settings.file), Path(settings.images), FOLDER, threads(), settings.max_reject_share
        )
        print(f"{count:,} conversations of {settings.file}; {aside} set aside")
        return
    if settings.file or settings.images:
        raise UserError(
            "params.yaml: instruction needs both file and images, or neither (built instruction data)"
        )
    for name in ("signs", "questions_per_picture"):
        if getattr(settings, name) < 0:
            raise UserError(
                f"params.yaml: instruction.{name} is {getattr(settings, name)}; it must be 0 or more"
            )
    if not 0 <= settings.same_group <= 1:
        raise UserError(
            f"params.yaml: instruction.same_group is {settings.same_group}; it must be from 0 to 1"
        )
    rows = read_table(SAMPLES, ["id", "text", "images", "concept", "group", "split"]).to_pylist()
    named = {
        row["concept"].lower() for row in rows if row["split"] == "benchmark" and row["concept"]
    }
    pictures = list(picture_items([row for row in rows if row["split"] == "instruction"], settings))
    signs, boards = sign_items(settings, named, threads()) if settings.signs else ([], [])
    if not pictures and not signs:
        raise UserError(
            f"{SAMPLES} holds no instruction pictures and params.yaml: instruction.signs is 0; stage 2 needs data"
        )
    write_images(FOLDER / "images.zip", boards)
    write_json(FOLDER / "train.json", pictures + signs)
    print(f"{len(pictures)} conversations about pictures, {len(signs)} about sign boards")


if __name__ == "__main__":
    run_step(main)
