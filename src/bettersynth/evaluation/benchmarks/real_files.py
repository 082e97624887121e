"""Taking the published MMBench and TextVQA files in place of built ones, after a check of everything that scoring will need."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from bettersynth.data.files.reading import parse_json, read_json
from bettersynth.data.files.writing import complete_or_absent
from bettersynth.data.pictures.images import write_images
from bettersynth.errors import UserError
from bettersynth.evaluation.benchmarks import mmbench
from bettersynth.evaluation.benchmarks.textvqa import question_of_prompt, read_annotations

MIN_BASE64 = 64  # a shorter image cell is another row's index, as VLMEvalKit reads it


def take_mmbench(source: Path, target: Path) -> None:
    """Check a TSV with answers and pictures and copy it to `target`, byte for byte.

    Raises:
        UserError: whatever `mmbench.read_questions` refuses, or a row without a picture, or one that points to a missing row.
    """
    mmbench.read_questions(source)
    columns = pd.read_csv(source, sep="\t", nrows=0).columns
    if "image" not in columns:
        raise UserError(f"{source} lacks the column image; its columns are: {', '.join(columns)}")
    table = pd.read_csv(source, sep="\t", dtype=str, usecols=["index", "image"])
    cells = list(zip(table["index"], table["image"], strict=True))
    whole = {
        int(float(index))
        for index, image in cells
        if isinstance(image, str) and len(image) >= MIN_BASE64
    }
    for line, (index, image) in enumerate(cells, 2):
        if not isinstance(image, str):
            raise UserError(f"{source} line {line}: row {index} has no image")
        if len(image) < MIN_BASE64 and not (image.strip().isdigit() and int(image) in whole):
            raise UserError(
                f"{source} line {line}: the image of row {index} is neither base64 nor the index of a row that has one"
            )
    _copy(source, target)


def take_textvqa(questions: Path, annotations: Path, images: Path, folder: Path) -> None:
    """Check LLaVA's question file against the annotations and the pictures, and bring all three to `folder`.

    Questions and annotations are copied byte for byte; of the pictures (a zip file with folders, or a folder) those that are
    asked about are stored under the file names that the questions use.

    Raises:
        UserError: a broken line, a question without annotation, or a missing picture, with file and line.
    """
    try:
        known = read_annotations(read_json(annotations), str(annotations))
    except FileNotFoundError:
        raise UserError(f"{annotations} does not exist") from None
    names: dict[str, int] = {}
    for line, question in _json_lines(questions):
        where = f"{questions} line {line}"
        lacking = [
            key
            for key in ("question_id", "image", "text")
            if not isinstance(question.get(key), str | int)
        ]
        if lacking:
            raise UserError(
                f"{where} lacks {', '.join(lacking)}; LLaVA's question file has question_id, image, text, category"
            )
        try:
            asked = question_of_prompt(str(question["text"]))
        except UserError as error:
            raise UserError(f"{where}: {error}") from None
        if (str(question["question_id"]), asked) not in known:
            raise UserError(
                f"{where}: {annotations} has no question {asked!r} for image {question['question_id']}"
            )
        names.setdefault(str(question["image"]), line)
    if not names:
        raise UserError(f"{questions} holds no questions")
    write_images(folder / "textvqa_images.zip", _pictures(images, names, questions))
    _copy(annotations, folder / "textvqa_annotations.json")
    _copy(questions, folder / "textvqa.jsonl")


def _json_lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    if not path.is_file():
        raise UserError(f"{path} does not exist")
    for line, content in enumerate(path.read_bytes().split(b"\n"), 1):
        if not content.strip():
            continue
        value = parse_json(content, f"{path} line {line}")
        if not isinstance(value, dict):
            raise UserError(f"{path} line {line} is not a JSON object")
        yield line, value


def _pictures(images: Path, names: dict[str, int], questions: Path) -> Iterator[tuple[str, bytes]]:
    """Yield (name, bytes) of the pictures named by the questions (`names`: name -> first line that asks about it), sorted by name."""
    if images.is_dir():
        files = {name: images / name for name in names}
        missing = [
            name
            for name, file in files.items()
            if not file.is_file() or images.resolve() not in file.resolve().parents
        ]
        _refuse_missing(missing, names, images, questions)
        for name in sorted(names):
            yield name, files[name].read_bytes()
        return
    try:
        archive = zipfile.ZipFile(images)
    except FileNotFoundError:
        raise UserError(f"{images} does not exist") from None
    except zipfile.BadZipFile:
        raise UserError(f"{images} is neither a folder nor a zip file") from None
    with archive:
        members = {Path(member).name: member for member in archive.namelist()} | {
            member: member for member in archive.namelist()
        }
        _refuse_missing([name for name in names if name not in members], names, images, questions)
        for name in sorted(names):
            yield name, archive.read(members[name])


def _refuse_missing(
    missing: list[str], names: dict[str, int], images: Path, questions: Path
) -> None:
    if missing:
        more = f" ({len(missing)} pictures are missing)" if len(missing) > 1 else ""
        raise UserError(
            f"{questions} line {names[missing[0]]}: {missing[0]} is not in {images}{more}"
        )


def _copy(source: Path, target: Path) -> None:
    with complete_or_absent(target) as temporary:
        shutil.copyfile(source, temporary)
