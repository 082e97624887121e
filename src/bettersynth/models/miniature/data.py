"""A few drawn pictures as seed set, instruction data, MMBench and TextVQA, each in the format of the challenge's own file."""

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
from PIL import Image, ImageDraw

from bettersynth.data.files.writing import complete_or_absent, write_json

COLORS = {
    "red": "#d02020",
    "green": "#20a020",
    "blue": "#2040d0",
    "yellow": "#e0d020",
    "black": "#101010",
    "pink": "#f080b0",
}
SHAPES = ("circle", "square", "triangle", "cross")
WORDS = ("stop", "exit", "milk", "taxi", "open", "bank")
PAIRS, CONVERSATIONS = 40, 20
SHORT_SIDE = 64  # pixels; the challenge's seed pictures have 336
GROUP = 1_000_000  # of MMBench's index: rolled forms of a question are this far apart
COLUMNS = (
    "index",
    "question",
    "hint",
    "A",
    "B",
    "C",
    "D",
    "answer",
    "category",
    "image",
    "source",
    "l2-category",
    "comment",
    "split",
)
QUESTION = "<image>\nProvide a brief description of the given image."


def draw(
    shape: str, color: str, rng: np.random.Generator, width: int = SHORT_SIDE, text: str = ""
) -> bytes:
    """Return a JPEG of a coloured shape at a random place, or of a word."""
    image = Image.new("RGB", (width, SHORT_SIDE), "#f4f4f4")
    pen = ImageDraw.Draw(image)
    x, y = int(rng.integers(0, width - 40)), int(rng.integers(0, SHORT_SIDE - 40))
    box = (x, y, x + 36, y + 36)
    if text:
        pen.text((8, 24), text, fill=COLORS[color])
    elif shape == "circle":
        pen.ellipse(box, fill=COLORS[color])
    elif shape == "square":
        pen.rectangle(box, fill=COLORS[color])
    elif shape == "triangle":
        pen.polygon([(x, y + 36), (x + 36, y + 36), (x + 18, y)], fill=COLORS[color])
    else:
        pen.line([(x, y), (x + 36, y + 36)], fill=COLORS[color], width=8)
        pen.line([(x, y + 36), (x + 36, y)], fill=COLORS[color], width=8)
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=90)
    return stream.getvalue()


def write_seed_set(downloads: Path, questions: Path) -> list[str]:
    """Write `mgm_pretrain_stage_1.jsonl` and `pretrain_stage_1.tar.gz` to `downloads` and the LLaVA json to `questions`; return the captions.

    One picture is cut short, one is twice as wide as any filter allows, one comes twice.
    """
    rng = np.random.default_rng([0, 1])
    rows, asked, files, captions = [], [], {}, []
    for k in range(PAIRS):
        shape, color = SHAPES[k % len(SHAPES)], list(COLORS)[int(rng.integers(len(COLORS)))]
        width = 400 if k == 5 else int(rng.integers(SHORT_SIDE, 2 * SHORT_SIDE))
        caption = f"a {color} {shape} drawn on a light background number {k}"
        id_, name = f"{100_000 + 37 * k:09d}", f"images/{k % 4:05d}/{100_000 + 37 * k:09d}.jpg"
        data = draw(shape, color, rng, width)
        files[name] = (
            data[: len(data) // 2] if k == 7 else files[rows[0]["images"][0]] if k == 9 else data
        )
        rows.append(
            {"id": id_, "text": f"<__dj__image>\n{caption} <|__dj__eoc|>", "images": [name]}
        )
        turns = [{"from": "human", "value": QUESTION}, {"from": "gpt", "value": caption}]
        asked.append({"id": id_, "image": name, "conversations": turns})
        captions.append(caption)
    with complete_or_absent(
        downloads / "mgm_pretrain_stage_1.jsonl"
    ) as temporary:  # other runs read the same file
        temporary.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    write_tar(downloads / "pretrain_stage_1.tar.gz", files)
    write_json(questions, asked)
    return captions


def write_tar(path: Path, files: dict[str, bytes]) -> None:
    """Write a gzipped tarball whose bytes depend on the files alone."""
    with (
        complete_or_absent(path) as temporary,
        open(temporary, "wb") as stream,
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
    for k in range(CONVERSATIONS):
        shape, color = SHAPES[k % len(SHAPES)], list(COLORS)[k % len(COLORS)]
        if k % 5 == 4:
            turns = [
                {"from": "human", "value": f"Which colour is a {color} {shape}?"},
                {"from": "gpt", "value": f"It is {color}."},
            ]
            rows.append({"id": f"text-{k}", "conversations": turns})
            continue
        name = f"coco/{k:06d}.jpg"
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(draw(shape, color, rng))
        turns = [
            {"from": "human", "value": "<image>\nWhat is shown?"},
            {"from": "gpt", "value": f"a {color} {shape}"},
        ]
        if k % 2:
            turns += [
                {"from": "human", "value": "Which colour has it?"},
                {"from": "gpt", "value": color},
            ]
        rows.append({"id": f"{k:06d}", "image": name, "conversations": turns})
    write_json(file, rows)


def write_mmbench(file: Path) -> None:
    """Write MMBench's dev TSV: each question, and its rolled forms one million indices apart."""
    rng = np.random.default_rng([0, 3])
    file.parent.mkdir(parents=True, exist_ok=True)
    with open(file, "w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, COLUMNS, delimiter="\t", lineterminator="\n")
        writer.writeheader()
        for index in range(4):
            count, color = 2 + index % 3, list(COLORS)[index]
            options = [SHAPES[(index + k) % len(SHAPES)] for k in range(count)]
            image = base64.b64encode(draw(options[0], color, rng)).decode()
            for rolled in range(count):
                row = dict.fromkeys(COLUMNS, "") | dict(
                    zip("ABCD", options[rolled:] + options[:rolled], strict=False)
                )
                row |= {
                    "question": "Which shape is in the picture?",
                    "hint": "Look at its outline." if index == 1 else "",
                }
                row |= {
                    "index": index + rolled * GROUP,
                    "answer": "ABCD"[(-rolled) % count],
                    "image": image,
                    "split": "dev",
                }
                row |= {
                    "category": "object_localization",
                    "l2-category": "finegrained_perception (instance-level)",
                    "source": "drawn",
                }
                writer.writerow(row)


def write_textvqa(folder: Path) -> None:
    """Write LLaVA's question file with OCR tokens, the annotations of TextVQA 0.5.1, and `train_images`."""
    rng = np.random.default_rng([0, 4])
    (folder / "train_images").mkdir(parents=True, exist_ok=True)
    questions, entries = [], []
    for k, word in enumerate(WORDS):
        name, question = f"{k:016x}", "what is written on the sign?"
        (folder / f"train_images/{name}.jpg").write_bytes(
            draw("", list(COLORS)[k], rng, text=word.upper())
        )
        text = f"{question}\nReference OCR token: {word.upper()}\nAnswer the question using a single word or phrase."
        questions.append(
            {"question_id": name, "image": f"{name}.jpg", "text": text, "category": "default"}
        )
        entries.append(
            {
                "question": question,
                "question_id": 34602 + k,
                "image_id": name,
                "answers": [word] * 8 + ["sign", "a word"],
            }
        )
    lines = "".join(json.dumps(question) + "\n" for question in questions)
    (folder / "llava_textvqa_val_v051_ocr.jsonl").write_text(lines, encoding="utf-8")
    write_json(
        folder / "TextVQA_0.5.1_val.json",
        {"dataset_type": "val", "dataset_version": "0.5.1", "data": entries},
    )


def write_challenge(folder: Path, downloads: Path) -> None:
    """Write everything that `experiment=mgm_2b` needs, in miniature: `downloads` as fetched, `folder` as conf/config.yaml: challenge lays it out."""
    from bettersynth.models.miniature.weights import write_weights

    captions = write_seed_set(downloads, folder / "data/stage_1.json")
    write_instruction(
        folder / "data/mgm_instruction_stage_1.json", folder / "data/finetuning_stage_1"
    )
    write_mmbench(folder / "eval/mmbench/mmbench_dev_20230712.tsv")
    write_textvqa(folder / "eval/textvqa")
    turns = "<start_of_turn>user\nProvide a brief description of the given image.<end_of_turn>\n<start_of_turn>model\nIt is A B C D."
    write_weights(folder / "models", [*captions, turns, *WORDS])
