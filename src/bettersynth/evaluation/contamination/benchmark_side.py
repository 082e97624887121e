"""What the benchmarks hold that no training data may: pictures, questions, answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from bettersynth.data.pictures.images import ImageStore
from bettersynth.data.tables.benchmark import (
    ANNOTATIONS,
    BOARDS,
    MMBENCH,
    read_annotation_file,
    read_text_questions,
)
from bettersynth.data.tables.made_files import made
from bettersynth.evaluation.benchmarks.mmbench import Question, base_questions, read_questions
from bettersynth.evaluation.benchmarks.mmbench_pictures import (
    picture_cells,
    picture_of_row,
    pictures_of_questions,
)
from bettersynth.evaluation.benchmarks.textvqa import annotation_entries, read_annotations


@dataclass(frozen=True)
class Held:
    """A picture's file and the benchmark item that it belongs to."""

    benchmark: str
    item: str
    content: bytes


def held_pictures() -> Iterator[Held]:
    """Yield each different picture of both benchmarks as stored bytes.

    Raises:
        UserError: a benchmark was not made or is damaged, or a row has no picture.
    """
    base = _base_questions(need_answers=False)
    pictures = pictures_of_questions(MMBENCH, [question.index for question in base])
    with made(MMBENCH):
        cells = picture_cells(MMBENCH)
        for item in dict.fromkeys(pictures.values()):
            yield Held("mmbench", item, picture_of_row(cells, int(item), MMBENCH))
    store = ImageStore(BOARDS)
    # several questions may share an image
    for name in dict.fromkeys(str(row["image"]) for row in read_text_questions()):
        yield Held("textvqa", name, store.read(name))


def _base_questions(need_answers: bool = True) -> list[Question]:
    with made(MMBENCH):
        return base_questions(read_questions(MMBENCH, need_answers))


def held_questions() -> list[tuple[str, str, str]]:
    """Return (question, benchmark, item) of both benchmarks."""
    questions = []
    for question in _base_questions():
        questions.append((question.question, "mmbench", str(question.index)))
    for entry in annotation_entries(read_annotation_file()):
        questions.append((str(entry["question"]), "textvqa", str(entry["image_id"])))
    return questions


def held_answers() -> list[tuple[str, str, str]]:
    """Return (answer, benchmark, item): the right option's text, the annotators' most frequent."""
    answers = []
    for question in _base_questions():
        answer = question.options[question.answer]
        answers.append((answer, "mmbench", str(question.index)))
    annotations = read_annotations(read_annotation_file(), str(ANNOTATIONS))
    for (image, asked), said in annotations.items():
        answers.append((Counter(said).most_common(1)[0][0], "textvqa", f"{image} {asked}"))
    return answers
