"""Building MMBench questions from the pictures of the benchmark split: which thing is shown, among
two to four.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from tqdm import tqdm

from bettersynth.data.pictures.images import ImageStore
from bettersynth.data.questions.distractors import Concept, Distractors, with_answer_at
from bettersynth.data.questions.prompts import CONCEPT_QUESTION
from bettersynth.data.questions.shares import share_out
from bettersynth.data.tables.benchmark import MMBENCH_COLUMNS, write_mmbench
from bettersynth.data.tables.samples import POOL_IMAGES, SAMPLES, read_samples
from bettersynth.errors import UserError
from bettersynth.evaluation.benchmarks.mmbench import GROUP
from bettersynth.settings.benchmark import MMBenchSettings

COARSE = "coarse_perception"
FINE = "finegrained_perception (instance-level)"
WHERE = "params.yaml: benchmark.mmbench"
OPTION_COUNTS = {"two": 2, "three": 3, "four": 4}


@dataclass(frozen=True)
class Picture:
    """A benchmark picture: what it shows, and the name under which the pool's shards hold it."""

    id: str
    concept: Concept
    source: str
    image: str


@dataclass(frozen=True)
class ChoiceQuestion:
    """A question about a picture: its options, the place of the answer, and how alike they are.

    `fine`: the wrong options are all of the answer's own group, otherwise all of other groups.
    """

    picture: Picture
    options: list[str]
    place: int
    fine: bool


def build_mmbench(settings: MMBenchSettings, seed: int) -> None:
    """Write the TSV of the benchmark split's pictures.

    Raises:
        UserError: the pool has no such pictures.
    """
    pictures = benchmark_pictures()
    if not pictures:
        raise UserError(
            f"{SAMPLES} holds no benchmark pictures with a concept; "
            "set benchmark.mmbench.file to an MMBench TSV"
        )
    questions = choice_questions(pictures, settings, seed)
    write_mmbench(mmbench_rows(questions, ImageStore(POOL_IMAGES)))


def benchmark_pictures() -> list[Picture]:
    """Return the pictures of the benchmark split that show a concept, in order of id."""
    table = read_samples(["id", "images", "source", "concept", "group", "split"])
    pictures = []
    for row in table.to_pylist():
        if row["split"] == "benchmark" and row["concept"]:
            concept = Concept(row["concept"], row["group"])
            pictures.append(Picture(row["id"], concept, row["source"], row["images"][0]))
    return pictures


def choice_questions(
    pictures: Sequence[Picture], settings: MMBenchSettings, seed: int
) -> list[ChoiceQuestion]:
    """Return the questions.

    Every picture is asked about once before any is asked again. Each place of the answer is as
    frequent as the others among the questions with as many options. Where a group is too small for
    a fine-grained question it becomes a coarse one, or the other way round.

    Raises:
        UserError: too few different concepts for any question.
    """
    rng = np.random.default_rng([seed, zlib.crc32(b"mmbench")])
    distractors = Distractors([picture.concept for picture in pictures])
    plans = _plans(settings, rng)
    order = _order(len(pictures), settings.questions, rng)
    places: dict[int, list[int]] = {count: [] for count in OPTION_COUNTS.values()}
    questions = []
    for (fine, count), position in zip(plans, order, strict=False):
        picture = pictures[position]
        wrong = distractors.choose(picture.concept, count - 1, fine, rng)
        if wrong is None:
            fine = not fine
            wrong = distractors.choose(picture.concept, count - 1, fine, rng)
        if wrong is None:
            raise UserError(
                f"{SAMPLES} holds too few different concepts for {count} options "
                f"beside {picture.concept.name!r}; add benchmark pictures"
            )
        # all used up: each once more, in a new order
        if not places[count]:
            places[count] = [int(place) for place in rng.permutation(count)]
        place = places[count].pop()
        options = with_answer_at(picture.concept.name, wrong, place)
        questions.append(ChoiceQuestion(picture, options, place, fine))
    return questions


def _plans(settings: MMBenchSettings, rng: np.random.Generator) -> list[tuple[bool, int]]:
    """Return (fine-grained, number of options) of each question, in random order."""
    shares = {"fine": settings.fine_grained, "coarse": 1 - settings.fine_grained}
    kinds = share_out(shares, settings.questions, f"{WHERE}.fine_grained")
    names = share_out(asdict(settings.option_counts), settings.questions, f"{WHERE}.option_counts")
    counts = [OPTION_COUNTS[name] for name in names]
    # drawn apart: how alike the options are must not tell how many there are
    drawn_kinds = rng.permutation(kinds)
    drawn_counts = rng.permutation(counts)
    plans = []
    for kind, count in zip(drawn_kinds, drawn_counts, strict=True):
        plans.append((kind == "fine", int(count)))
    return plans


def _order(pictures: int, questions: int, rng: np.random.Generator) -> list[int]:
    """Return positions of pictures, at least as many as questions: all once, then all again."""
    order: list[int] = []
    # whole rounds: no picture is asked about twice before every other was once
    while len(order) < questions:
        order += [int(position) for position in rng.permutation(pictures)]
    return order


def mmbench_rows(
    questions: Sequence[ChoiceQuestion], store: ImageStore
) -> Iterator[dict[str, Any]]:
    """Yield the TSV's rows: each question, followed by its rolled forms.

    Rolling moves the first option to the end, the answer's letter with it. Every row carries its
    picture: LLaVA decodes each row's on its own, so no row refers to another's.
    """
    asked = tqdm(questions, desc="MMBench", unit="question", mininterval=1)
    for index, question in enumerate(asked, 1):
        picture = question.picture
        options = question.options
        image = base64.b64encode(store.read(picture.image)).decode("ascii")
        for rolled in range(len(options)):
            texts = options[rolled:] + options[:rolled]
            # cells that a question with fewer options lacks stay empty, as in the published file
            row = dict.fromkeys(MMBENCH_COLUMNS, "")
            row |= zip("ABCD", texts, strict=False)
            yield row | {
                "index": index + rolled * GROUP,
                "question": CONCEPT_QUESTION,
                "answer": "ABCD"[(question.place - rolled) % len(options)],
                "category": picture.concept.group or "ungrouped",
                "image": image,
                "source": picture.source,
                "l2-category": FINE if question.fine else COARSE,
                "comment": picture.id,
                "split": "dev",
            }
