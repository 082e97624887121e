"""Taking the published MMBench and TextVQA files in place of built ones, after a check of
everything that scoring will need.
"""

from __future__ import annotations

import shutil
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence, Set
from pathlib import Path
from typing import Any

from bettersynth.data.files.jsonl_rows import numbered_rows, parse_row
from bettersynth.data.files.reading import read_json
from bettersynth.data.files.writing import complete_or_absent
from bettersynth.data.pictures.shard_writing import write_images
from bettersynth.data.row_files.row_file import require_row_file, require_utf8
from bettersynth.data.tables.benchmark import ANNOTATIONS, BOARDS, MMBENCH, TEXT_QUESTIONS
from bettersynth.errors import UserError
from bettersynth.evaluation.benchmarks.mmbench import read_questions
from bettersynth.evaluation.benchmarks.mmbench_pictures import base64_of_row, picture_cells
from bettersynth.evaluation.benchmarks.textvqa import (
    Key,
    annotation_entries,
    question_key,
    question_of_prompt,
    read_annotations,
)


def take_mmbench(source: Path) -> None:
    """Check a TSV with answers and pictures and copy it to the benchmark's, byte for byte.

    Raises:
        UserError: whatever `read_questions` refuses, or a row without a picture, or one that points
            to a missing row.
    """
    # everything that scoring would refuse is refused now, before any training
    read_questions(source)
    cells = picture_cells(source)
    for index in cells:
        base64_of_row(cells, index, source)
    _copy(source, MMBENCH)


def take_textvqa(questions: Path, annotations: Path, images: Path) -> None:
    """Check LLaVA's question file against the annotations and the pictures, and take all three.

    Questions and annotations are copied byte for byte; of the pictures (a zip file with folders, or
    a folder) those that are asked about are stored under the file names that the questions use.

    Raises:
        UserError: a broken line, a question without annotation or the reverse, or a missing
            picture, with file and line; a damaged picture in the zip file.
    """
    try:
        annotated = read_json(annotations)
        known = read_annotations(annotated, str(annotations))
    except FileNotFoundError:
        raise UserError(f"{annotations} does not exist") from None
    asked_keys: set[Key] = set()
    # of each picture's name: the line that first asks about it
    first_lines: dict[str, int] = {}
    require_row_file(questions, str(questions))
    require_utf8(questions)
    for line, content in numbered_rows(questions):
        where = f"{questions} line {line}"
        question = parse_row(questions, line, content)
        key = _key_of(question, where)
        if key not in known:
            image, asked = key
            raise UserError(f"{where}: {annotations} has no question {asked!r} for image {image}")
        asked_keys.add(key)
        first_lines.setdefault(str(question["image"]), line)
    if not first_lines:
        raise UserError(f"{questions} holds no questions")
    _require_all_asked(asked_keys, annotation_entries(annotated), questions, annotations)
    write_images(BOARDS, _pictures(images, first_lines, questions))
    _copy(annotations, ANNOTATIONS)
    _copy(questions, TEXT_QUESTIONS)


def _require_all_asked(
    asked: Set[Key], entries: Sequence[Mapping[str, Any]], questions: Path, annotations: Path
) -> None:
    """Pass if each annotated question is asked: the step `score` needs an answer to all."""
    unasked = [key for key in map(question_key, entries) if key not in asked]
    if unasked:
        image, question = unasked[0]
        raise UserError(
            f"{questions} does not ask {question!r} of image {image}, which {annotations} holds "
            f"({len(unasked):,} of {len(entries):,} are not asked); give the annotations of these "
            "questions alone, or all questions"
        )


def _key_of(question: Mapping[str, Any], where: str) -> Key:
    """Return which question a line of LLaVA's question file asks."""
    needed = ("question_id", "image", "text")
    lacking = [name for name in needed if not isinstance(question.get(name), str | int)]
    if lacking:
        raise UserError(
            f"{where} lacks {', '.join(lacking)}; "
            "LLaVA's question file has question_id, image, text, category"
        )
    try:
        return str(question["question_id"]), question_of_prompt(str(question["text"]))
    except UserError as error:
        raise UserError(f"{where}: {error}") from None


def _pictures(
    images: Path, first_lines: Mapping[str, int], questions: Path
) -> Iterator[tuple[str, bytes]]:
    """Yield (name, bytes) of the pictures that are asked about, sorted by name."""
    # sorted: the shards' bytes must not depend on the order of the questions
    names = sorted(first_lines)
    if images.is_dir():
        files = {name: images / name for name in names}
        missing = [name for name in first_lines if not _is_inside(images, files[name])]
        _refuse_missing(missing, first_lines, images, questions)
        for name in names:
            yield name, files[name].read_bytes()
        return
    try:
        archive = zipfile.ZipFile(images)
    except FileNotFoundError:
        raise UserError(f"{images} does not exist") from None
    except zipfile.BadZipFile:
        raise UserError(f"{images} is neither a folder nor a zip file") from None
    with archive:
        # a member is meant by its whole path or, where no other has it, by its name alone
        members = {Path(member).name: member for member in archive.namelist()}
        members |= {member: member for member in archive.namelist()}
        missing = [name for name in first_lines if name not in members]
        _refuse_missing(missing, first_lines, images, questions)
        for name in names:
            yield name, _member(archive, members[name], images)


def _member(archive: zipfile.ZipFile, name: str, images: Path) -> bytes:
    try:
        return archive.read(name)
    # a wrong checksum, or packed bytes that do not unpack
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise UserError(
            f"{images}: its member {name} is damaged ({error}); download the zip file again"
        ) from None


def _is_inside(folder: Path, file: Path) -> bool:
    """Return whether this is a file under the folder, wherever links and `..` lead."""
    return file.is_file() and folder.resolve() in file.resolve().parents


def _refuse_missing(
    missing: Sequence[str], first_lines: Mapping[str, int], images: Path, questions: Path
) -> None:
    if missing:
        more = f" ({len(missing)} pictures are missing)" if len(missing) > 1 else ""
        line = first_lines[missing[0]]
        raise UserError(f"{questions} line {line}: {missing[0]} is not in {images}{more}")


def _copy(source: Path, target: Path) -> None:
    with complete_or_absent(target) as temporary:
        shutil.copyfile(source, temporary)
