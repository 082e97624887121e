"""Build the two benchmarks from held-out pictures and drawn sign boards in the real formats, or take the real files in place.

Run alone: `python -m bettersynth.steps.benchmark`. Writes `data/benchmark/`: `mmbench.tsv`, `textvqa.jsonl`,
`textvqa_annotations.json`, `textvqa_images.zip`, and `baselines.json` (what guessing gets).
"""

from __future__ import annotations

import base64
import csv
import hashlib
import json
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from bettersynth.data.files.reading import read_json, read_table
from bettersynth.data.files.writing import complete_or_absent, write_json
from bettersynth.data.pictures.images import ImageStore, write_images
from bettersynth.data.questions.distractors import Concept, Distractors, with_answer_at
from bettersynth.data.questions.ocr import read_all_tokens
from bettersynth.data.questions.prompts import CONCEPT_QUESTION, text_prompt
from bettersynth.data.questions.signs import benchmark_words, board_questions, share_out
from bettersynth.errors import UserError
from bettersynth.evaluation.benchmarks import mmbench
from bettersynth.evaluation.benchmarks.annotators import annotate
from bettersynth.evaluation.benchmarks.baselines import mmbench_baselines, textvqa_baselines
from bettersynth.evaluation.benchmarks.real_files import take_mmbench, take_textvqa
from bettersynth.experiments.workflow.run_step import run_step
from bettersynth.settings.benchmark import BenchmarkSettings, MMBenchSettings, TextVQASettings
from bettersynth.settings.reading import load_params, read_settings, threads

SAMPLES, IMAGES = Path("data/pool/samples.parquet"), Path("data/pool/images.zip")
FOLDER = Path("data/benchmark")
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
COARSE, FINE = "coarse_perception", "finegrained_perception (instance-level)"


@dataclass(frozen=True)
class Picture:
    """A benchmark picture: what it shows, and the member of the pool's zip file that holds it."""

    id: str
    concept: Concept
    source: str
    image: str


def benchmark_pictures(samples: Path) -> list[Picture]:
    """Return the pictures of the benchmark split that show a concept, in order of id."""
    table = read_table(samples, ["id", "images", "source", "concept", "group", "split"])
    return [
        Picture(row["id"], Concept(row["concept"], row["group"]), row["source"], row["images"][0])
        for row in table.to_pylist()
        if row["split"] == "benchmark" and row["concept"]
    ]


def choice_questions(
    pictures: Sequence[Picture], settings: MMBenchSettings, seed: int
) -> list[tuple[Picture, list[str], int, bool]]:
    """Return (picture, options, index of the answer, all options of one group) of each question.

    Every picture is asked about once before any is asked again. Each place of the answer is as frequent as the others
    among the questions with as many options. Where a group is too small for a fine-grained question it becomes a coarse one.

    Raises:
        UserError: too few different concepts for any question.
    """
    where = "params.yaml: benchmark.mmbench"
    rng = np.random.default_rng([seed, zlib.crc32(b"mmbench")])
    distractors = Distractors([picture.concept for picture in pictures])
    counts = {name: k for k, name in enumerate(("two", "three", "four"), 2)}
    fine_counts = share_out(
        {"fine": settings.fine_grained, "coarse": 1 - settings.fine_grained},
        settings.questions,
        f"{where}.fine_grained",
    )
    option_counts = [
        counts[name]
        for name in share_out(
            asdict(settings.option_counts), settings.questions, f"{where}.option_counts"
        )
    ]
    plans = list(zip(rng.permutation(fine_counts), rng.permutation(option_counts), strict=True))
    order = [
        int(k)
        for _ in range(-(-settings.questions // len(pictures)))
        for k in rng.permutation(len(pictures))
    ]
    places: dict[int, list[int]] = {count: [] for count in counts.values()}
    questions = []
    for (kind, count), k in zip(plans, order, strict=False):
        picture, count, fine = pictures[k], int(count), kind == "fine"
        wrong = distractors.choose(picture.concept, count - 1, fine, rng)
        if wrong is None:
            fine = not fine
            wrong = distractors.choose(picture.concept, count - 1, fine, rng)
        if wrong is None:
            raise UserError(
                f"{SAMPLES} holds too few different concepts for {count} options beside {picture.concept.name!r}; add benchmark pictures"
            )
        places[count] = places[count] or [int(place) for place in rng.permutation(count)]
        place = places[count].pop()
        questions.append((picture, with_answer_at(picture.concept.name, wrong, place), place, fine))
    return questions


def mmbench_rows(
    questions: Sequence[tuple[Picture, list[str], int, bool]], store: ImageStore
) -> Iterator[dict[str, Any]]:
    """Yield the TSV's rows: each question, followed by its rolled forms; every row carries its picture.

    Rolling moves the first option to the end, the answer's letter with it. LLaVA decodes each row's picture on its own, so no
    row refers to another's.
    """
    for index, (picture, options, place, fine) in enumerate(
        tqdm(questions, desc="MMBench", unit="question", mininterval=1), 1
    ):
        image = base64.b64encode(store.read(picture.image)).decode("ascii")
        for rolled in range(len(options)):
            texts = options[rolled:] + options[:rolled]
            row = dict.fromkeys(COLUMNS, "") | dict(zip("ABCD", texts, strict=False))
            yield row | {
                "index": index + rolled * mmbench.GROUP,
                "question": CONCEPT_QUESTION,
                "answer": "ABCD"[(place - rolled) % len(options)],
                "category": picture.concept.group or "ungrouped",
                "image": image,
                "source": picture.source,
                "l2-category": FINE if fine else COARSE,
                "comment": picture.id,
                "split": "dev",
            }


def build_mmbench(settings: MMBenchSettings, seed: int, target: Path) -> None:
    """Write the TSV of the benchmark split's pictures.

    Raises:
        UserError: the pool has no such pictures.
    """
    if settings.questions < 1:
        raise UserError(
            f"params.yaml: benchmark.mmbench.questions is {settings.questions}; it must be 1 or more"
        )
    pictures = benchmark_pictures(SAMPLES)
    if not pictures:
        raise UserError(
            f"{SAMPLES} holds no benchmark pictures with a concept; set benchmark.mmbench.file to an MMBench TSV"
        )
    questions = choice_questions(pictures, settings, seed)
    with (
        complete_or_absent(target) as temporary,
        open(temporary, "w", encoding="utf-8", newline="") as stream,
    ):
        writer = csv.DictWriter(stream, COLUMNS, delimiter="\t", lineterminator="\n")
        writer.writeheader()
        writer.writerows(mmbench_rows(questions, ImageStore(IMAGES)))


def build_textvqa(settings: TextVQASettings, seed: int, processes: int, folder: Path) -> None:
    """Draw the sign boards, read them with the OCR engine, and write questions, annotations and pictures.

    A picture's id is the start of its hash, as its file name is; `question_kind`, `sign_words` and `sign_colors` (top to bottom)
    in the annotations are ours, everything else is as TextVQA 0.5.1 has it.
    """
    where = "params.yaml: benchmark.textvqa"
    if settings.boards < 1:
        raise UserError(f"{where}.boards is {settings.boards}; it must be 1 or more")
    if (
        min(settings.form_share, settings.slip_share) < 0
        or settings.form_share + settings.slip_share > 1
    ):
        raise UserError(
            f"{where}: form_share and slip_share must be 0 or more and at most 1 together"
        )
    rng = np.random.default_rng([seed, zlib.crc32(b"textvqa boards")])
    drawn = board_questions(
        settings.boards, benchmark_words(), asdict(settings.kinds), rng, f"{where}.kinds"
    )
    items = list(
        tqdm(drawn, total=settings.boards, desc="drawing boards", unit="board", mininterval=1)
    )
    tokens = read_all_tokens([item.board.jpeg for item in items], processes, "reading boards")
    annotator = np.random.default_rng([seed, zlib.crc32(b"textvqa annotators")])
    questions, entries, pictures = [], [], {}
    for number, (item, read) in enumerate(zip(items, tokens, strict=True), 1):
        board = item.board
        name = hashlib.sha256(board.jpeg).hexdigest()[:16]
        pictures[f"{name}.jpg"] = board.jpeg
        listed = [token.lower() for token in read] if settings.token_case == "lower" else read
        questions.append(
            {
                "question_id": name,
                "image": f"{name}.jpg",
                "text": text_prompt(item.question, listed),
                "category": "default",
            }
        )
        others = [word for word in board.words if word != item.answer]
        entries.append(
            {
                "question": item.question,
                "image_id": name,
                "image_classes": ["Sign"],
                "image_width": board.width,
                "image_height": board.height,
                "answers": annotate(
                    item.answer, others, settings.form_share, settings.slip_share, annotator
                ),
                "question_tokens": item.question.lower().rstrip("?").split(),
                "question_id": number,
                "set_name": "val",
                "question_kind": item.kind,
                "sign_words": list(board.words),
                "sign_colors": list(board.colors),
            }
        )
    write_images(folder / "textvqa_images.zip", pictures.items())
    header = {
        "dataset_type": "val",
        "dataset_name": "bettersynth-signs",
        "dataset_version": "0.5.1",
    }
    write_json(folder / "textvqa_annotations.json", header | {"data": entries})
    with complete_or_absent(folder / "textvqa.jsonl") as temporary:
        temporary.write_text(
            "".join(json.dumps(question) + "\n" for question in questions), encoding="utf-8"
        )


def write_baselines(folder: Path) -> dict[str, Any]:
    """Measure the finished files, write `baselines.json` beside them, and return it."""
    questions = [
        json.loads(line)
        for line in (folder / "textvqa.jsonl").read_bytes().split(b"\n")
        if line.strip()
    ]
    annotations = read_json(folder / "textvqa_annotations.json")
    baselines = {
        "mmbench": mmbench_baselines(mmbench.read_questions(folder / "mmbench.tsv")),
        "textvqa": textvqa_baselines(
            questions, annotations["data"] if isinstance(annotations, dict) else annotations
        ),
    }
    write_json(folder / "baselines.json", baselines)
    return baselines


def main() -> None:
    settings = read_settings(
        BenchmarkSettings, load_params().get("benchmark"), "params.yaml: benchmark"
    )
    real = settings.textvqa
    paths = {"questions": real.questions, "annotations": real.annotations, "images": real.images}
    given = [name for name, path in paths.items() if path]
    if given and len(given) < len(paths):
        lacking = ", ".join(f"benchmark.textvqa.{name}" for name in paths if name not in given)
        raise UserError(
            f"benchmark.textvqa.{given[0]} is set, {lacking} not; the real files come together"
        )
    if settings.mmbench.file:
        take_mmbench(Path(settings.mmbench.file), FOLDER / "mmbench.tsv")
    else:
        build_mmbench(settings.mmbench, settings.seed, FOLDER / "mmbench.tsv")
    if real.questions and real.annotations and real.images:
        take_textvqa(Path(real.questions), Path(real.annotations), Path(real.images), FOLDER)
    else:
        build_textvqa(real, settings.seed, threads(), FOLDER)
    baselines = write_baselines(FOLDER)
    choice, text = baselines["mmbench"], baselines["textvqa"]
    print(
        f"MMBench: {choice['questions']} questions in {choice['rows']} rows; by chance {choice['chance']['likelihood']:.1%} (likelihood), "
        f"{choice['chance']['vanilla']:.1%} (vanilla), {choice['chance']['circular']:.1%} (circular); "
        f"longest option {choice['longest_option']:.1%}"
    )
    print(
        f"TextVQA: {text['questions']} questions; any listed token {text['any_listed_token']:.1%}, first {text['first_listed_token']:.1%}, "
        f"last {text['last_listed_token']:.1%}, by place {text['place_rule']:.1%}, best {text['best_listed_token']:.1%}; "
        f"annotators' consensus {text['consensus']:.1%}"
    )


if __name__ == "__main__":
    run_step(main)
