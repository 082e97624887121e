"""A few drawn pictures as seed set, instruction data, MMBench and TextVQA.

Each is in the format of the challenge's own file. The bytes are the same every time: other runs
read the same files.
"""

from __future__ import annotations

import base64
import csv
import gzip
import io
import json
import tarfile
from pathlib import Path
from typing import Any

import numpy as np

from bettersynth.data.files.writing import complete_or_absent, write_json
from bettersynth.data.tables.benchmark import MMBENCH_COLUMNS
from bettersynth.models.miniature.drawings import COLORS, SHAPES, SHORT_SIDE, draw

COLOR_NAMES = list(COLORS)
WORDS = ("stop", "exit", "milk", "taxi", "open", "bank")
PAIRS = 40
CONVERSATIONS = 20
CHOICE_QUESTIONS = 4
# of MMBench's index: rolled forms of a question are this far apart
GROUP = 1_000_000
QUESTION = "<image>\nProvide a brief description of the given image."
# the three broken or odd pairs of the seed set
TOO_WIDE = 5
CUT_SHORT = 7
# the same picture as the first pair's
TWICE = 9


def write_seed_set(downloads: Path, questions: Path) -> list[str]:
    """Write the seed set and return its captions.

    `downloads` gets `mgm_pretrain_stage_1.jsonl` and `pretrain_stage_1.tar.gz`, `questions` is the
    LLaVA json. One picture is cut short, one is twice as wide as any filter allows, one comes
    twice.
    """
    rng = np.random.default_rng([0, 1])
    rows = []
    asked = []
    files: dict[str, bytes] = {}
    captions = []
    for number in range(PAIRS):
        shape = SHAPES[number % len(SHAPES)]
        color = COLOR_NAMES[int(rng.integers(len(COLOR_NAMES)))]
        width = 400 if number == TOO_WIDE else int(rng.integers(SHORT_SIDE, 2 * SHORT_SIDE))
        caption = f"a {color} {shape} drawn on a light background number {number}"
        identity = f"{100_000 + 37 * number:09d}"
        name = f"images/{number % 4:05d}/{identity}.jpg"
        picture = draw(shape, color, rng, width)
        if number == CUT_SHORT:
            picture = picture[: len(picture) // 2]
        elif number == TWICE:
            picture = next(iter(files.values()))
        files[name] = picture
        text = f"<__dj__image>\n{caption} <|__dj__eoc|>"
        rows.append({"id": identity, "text": text, "images": [name]})
        asked.append({"id": identity, "image": name, "conversations": _turns(QUESTION, caption)})
        captions.append(caption)
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    with complete_or_absent(downloads / "mgm_pretrain_stage_1.jsonl") as temporary:
        temporary.write_text(lines, encoding="utf-8")
    write_tar(downloads / "pretrain_stage_1.tar.gz", files)
    write_json(questions, asked)
    return captions


def _turns(*texts: str) -> list[dict[str, str]]:
    """Return a conversation in which question and answer alternate."""
    turns = []
    for position, text in enumerate(texts):
        turns.append({"from": ("human", "gpt")[position % 2], "value": text})
    return turns


def write_tar(path: Path, files: dict[str, bytes]) -> None:
    """Write a gzipped tarball whose bytes depend on the files alone."""
    with (
        complete_or_absent(path) as temporary,
        open(temporary, "wb") as stream,
        # no name and no time in the header, or the bytes would differ from run to run
        gzip.GzipFile("", "wb", mtime=0, fileobj=stream) as packed,
        tarfile.open(fileobj=packed, mode="w") as tar,
    ):
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))


def write_instruction(file: Path, folder: Path) -> None:
    """Write conversations of one or two rounds about pictures, and one in five about none."""
    rng = np.random.default_rng([0, 2])
    rows: list[dict[str, Any]] = []
    for number in range(CONVERSATIONS):
        shape = SHAPES[number % len(SHAPES)]
        color = COLOR_NAMES[number % len(COLOR_NAMES)]
        if number % 5 == 4:
            turns = _turns(f"Which colour is a {color} {shape}?", f"It is {color}.")
            rows.append({"id": f"text-{number}", "conversations": turns})
            continue
        name = f"coco/{number:06d}.jpg"
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(draw(shape, color, rng))
        texts = ["<image>\nWhat is shown?", f"a {color} {shape}"]
        if number % 2:
            texts += ["Which colour has it?", color]
        rows.append({"id": f"{number:06d}", "image": name, "conversations": _turns(*texts)})
    write_json(file, rows)


def write_mmbench(file: Path) -> None:
    """Write MMBench's dev TSV: each question, and its rolled forms one million indices apart."""
    rng = np.random.default_rng([0, 3])
    file.parent.mkdir(parents=True, exist_ok=True)
    with open(file, "w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, MMBENCH_COLUMNS, delimiter="\t", lineterminator="\n")
        writer.writeheader()
        for index in range(CHOICE_QUESTIONS):
            writer.writerows(_choice_question(index, rng))


def _choice_question(index: int, rng: np.random.Generator) -> list[dict[str, Any]]:
    """Return the rows of one question with two to four options: itself and its rolled forms."""
    count = 2 + index % 3
    options = [SHAPES[(index + place) % len(SHAPES)] for place in range(count)]
    picture = draw(options[0], COLOR_NAMES[index], rng)
    rows = []
    for rolled in range(count):
        row: dict[str, Any] = dict.fromkeys(MMBENCH_COLUMNS, "")
        row |= zip("ABCD", options[rolled:] + options[:rolled], strict=False)
        row |= {
            "index": index + rolled * GROUP,
            "question": "Which shape is in the picture?",
            "hint": "Look at its outline." if index == 1 else "",
            # the right option is the first one before rolling
            "answer": "ABCD"[(-rolled) % count],
            "image": base64.b64encode(picture).decode(),
            "split": "dev",
            "category": "object_localization",
            "l2-category": "finegrained_perception (instance-level)",
            "source": "drawn",
        }
        rows.append(row)
    return rows


def write_textvqa(folder: Path) -> None:
    """Write TextVQA: LLaVA's question file with OCR tokens, annotations, and `train_images`.

    The annotations are in the form of TextVQA 0.5.1.
    """
    rng = np.random.default_rng([0, 4])
    pictures = folder / "train_images"
    pictures.mkdir(parents=True, exist_ok=True)
    question = "what is written on the sign?"
    asked = []
    entries = []
    for number, word in enumerate(WORDS):
        name = f"{number:016x}"
        picture = draw("", COLOR_NAMES[number], rng, text=word.upper())
        (pictures / f"{name}.jpg").write_bytes(picture)
        text = (
            f"{question}\nReference OCR token: {word.upper()}\n"
            "Answer the question using a single word or phrase."
        )
        asked.append(
            {"question_id": name, "image": f"{name}.jpg", "text": text, "category": "default"}
        )
        entry = {
            "question": question,
            "question_id": 34602 + number,
            "image_id": name,
            # ten people answered each question; they do not all agree
            "answers": [word] * 8 + ["sign", "a word"],
        }
        entries.append(entry)
    lines = "".join(json.dumps(row) + "\n" for row in asked)
    (folder / "llava_textvqa_val_v051_ocr.jsonl").write_text(lines, encoding="utf-8")
    annotations = {"dataset_type": "val", "dataset_version": "0.5.1", "data": entries}
    write_json(folder / "TextVQA_0.5.1_val.json", annotations)


def write_challenge(folder: Path, downloads: Path) -> None:
    """Write everything that `experiment=mgm_2b` needs, in miniature.

    `downloads` are the files as fetched; `folder` is laid out as conf/config.yaml: challenge says.
    """
    from bettersynth.models.miniature.weights import write_weights

    captions = write_seed_set(downloads, folder / "data/stage_1.json")
    instruction = folder / "data/mgm_instruction_stage_1.json"
    write_instruction(instruction, folder / "data/finetuning_stage_1")
    write_mmbench(folder / "eval/mmbench/mmbench_dev_20230712.tsv")
    write_textvqa(folder / "eval/textvqa")
    turns = (
        "<start_of_turn>user\nProvide a brief description of the given image.<end_of_turn>\n"
        "<start_of_turn>model\nIt is A B C D."
    )
    write_weights(folder / "models", [*captions, turns, *WORDS])
