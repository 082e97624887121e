"""Two small benchmarks with their guessing levels, and answers of some seeds, in the current
folder, for score and report.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np

from bettersynth.data.files.writing import write_json
from bettersynth.data.questions.prompts import text_prompt
from bettersynth.evaluation.benchmarks.baselines import mmbench_baselines, textvqa_baselines
from bettersynth.evaluation.benchmarks.mmbench import GROUP, read_questions

QUESTIONS = 30
BOARDS = 20
L2 = ("coarse_perception", "finegrained_perception (instance-level)")
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


def write_benchmarks() -> None:
    """Write `data/benchmark/` with 30 choice questions of two or four options and 20 sign
    questions, and the mix's card.
    """
    folder = Path("data/benchmark")
    folder.mkdir(parents=True)
    with open(folder / "mmbench.tsv", "w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, COLUMNS, delimiter="\t", lineterminator="\n")
        writer.writeheader()
        for index in range(1, QUESTIONS + 1):
            options = ["right thing", "other thing", "third thing", "fourth thing"][
                : 2 if index % 2 else 4
            ]
            for k in range(len(options)):
                texts = options[k:] + options[:k]
                row = dict.fromkeys(COLUMNS, "") | dict(zip("ABCD", texts, strict=False))
                row |= {
                    "index": str(index + k * GROUP),
                    "question": "What is shown?",
                    "answer": "ABCD"[-k % len(options)],
                }
                writer.writerow(
                    row
                    | {
                        "category": f"group {index % 3}",
                        "l2-category": L2[index % 2],
                        "split": "dev",
                    }
                )
    boards = [
        {"question_id": f"b{k}", "text": text_prompt("What word is on the sign?", ["stop", "go"])}
        for k in range(BOARDS)
    ]
    entries = [
        {
            "question_id": k,
            "image_id": f"b{k}",
            "question": "What word is on the sign?",
            "answers": ["stop"] * 10,
            "question_kind": "only",
        }
        for k in range(BOARDS)
    ]
    write_json(folder / "textvqa_annotations.json", {"data": entries})
    levels = {
        "mmbench": mmbench_baselines(read_questions(folder / "mmbench.tsv")),
        "textvqa": textvqa_baselines(boards, entries),
    }
    write_json(folder / "baselines.json", levels)


def write_answers(
    seeds: tuple[int, ...] = (0, 1, 2), skill: float = 0.7, reading: float = 0.6
) -> None:
    """Write predictions that are right with the given chances."""
    for seed in seeds:
        rng = np.random.default_rng([seed, 7])
        choices = [
            choice_answer(question, rng.random() < skill)
            for question in read_questions("data/benchmark/mmbench.tsv")
        ]
        texts = [text_answer(k, "stop" if rng.random() < reading else "go") for k in range(BOARDS)]
        write_lines(f"results/predictions/mmbench-{seed}.jsonl", choices)
        write_lines(f"results/predictions/textvqa-{seed}.jsonl", texts)


def choice_answer(question: Any, right: bool) -> dict[str, Any]:
    wrong = next(letter for letter in question.options if letter != question.answer)
    said = question.answer if right else wrong
    record: dict[str, Any] = {"index": question.index, "prediction": said}
    if question.index < GROUP:
        record["option_logprob"] = {
            letter: [-1.0 if letter == said else -4.0, 2, -3.0] for letter in question.options
        }
    return record


def text_answer(k: int, text: str) -> dict[str, Any]:
    return {
        "question_id": k,
        "image_id": f"b{k}",
        "question": "What word is on the sign?",
        "prediction": text,
    }


def write_lines(path: str | Path, records: list[dict[str, Any]]) -> None:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(
        "".join(json.dumps(record) + "\n" for record in records), encoding="utf-8"
    )
