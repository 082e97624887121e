"""The picture column of an MMBench TSV, read apart from the questions: it is most of the file."""

from __future__ import annotations

import base64
import binascii
import csv
import dataclasses
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from bettersynth.data.files.spreadsheets import refuse_cut_row, refuse_names_given_twice
from bettersynth.errors import UserError
from bettersynth.evaluation.benchmarks.question_index import index_of

MIN_BASE64 = 64
"""A shorter cell is the index of the row that holds the picture, as VLMEvalKit reads it."""


@dataclasses.dataclass(frozen=True)
class PictureCell:
    """A cell of the picture column and the line it stands in.

    `text` is base64, another row's index, or "" for nothing.
    """

    text: str
    line: int

    @property
    def is_pointer(self) -> bool:
        """Whether the picture is in another row's cell."""
        return len(self.text) < MIN_BASE64


def picture_cells(path: Path) -> dict[int, PictureCell]:
    """Return each row's cell by the row's index.

    Raises:
        UserError: no table, no column `image`, two of one name, a row that is cut, or an index that
            is no number.
    """
    # a picture is longer than the 128 KiB that csv allows
    csv.field_size_limit(sys.maxsize)
    cells: dict[int, PictureCell] = {}
    try:
        for line, row in _lines(path):
            index = index_of(row.get("index"))
            if index is None:
                raise UserError(f"{path} line {line}: the index is not a whole number")
            cells[index] = PictureCell((row["image"] or "").strip(), line)
    except (UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{path} is not a tab-separated table: {error}") from None
    return cells


def _lines(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    with open(path, encoding="utf-8-sig", newline="") as stream:
        reader = csv.DictReader(stream, delimiter="\t")
        names = reader.fieldnames or []
        if "image" not in names:
            raise UserError(f"{path} lacks the column image; its columns are: {', '.join(names)}")
        refuse_names_given_twice(path, names)
        # line 1 holds the names
        for line, row in enumerate(reader, 2):
            cells = [name for name in names if row[name] is not None]
            refuse_cut_row(f"{path} line {line}", len(cells), len(names))
            yield line, row


def pictures_of_questions(path: Path, groups: Iterable[int]) -> dict[int, str]:
    """Return by base index the first base index that has the same picture, as text.

    A question without a picture that can be found, or a file without pictures, has its own.
    """
    try:
        cells = picture_cells(path)
    except UserError:
        # predictions are scored without pictures too
        cells = {}
    first_with: dict[str, str] = {}
    pictures: dict[int, str] = {}
    for group in groups:
        try:
            content = base64_of_row(cells, group, path)
        except UserError:
            content = str(group)
        pictures[group] = first_with.setdefault(content, str(group))
    return pictures


def read_pictures(path: Path) -> dict[int, bytes]:
    """Return the bytes of each row's picture by the row's index.

    Raises:
        UserError: a row has no picture, or points to a row that has none.
    """
    cells = picture_cells(path)
    return {index: picture_of_row(cells, index, path) for index in cells}


def picture_of_row(cells: Mapping[int, PictureCell], index: int, path: Path) -> bytes:
    """Return the bytes of a row's picture, its own or that of the row it points to.

    Raises:
        UserError: there is none.
    """
    text = base64_of_row(cells, index, path)
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise UserError(
            f"{path} line {cells[index].line}: the image of row {index} is not base64"
        ) from None


def base64_of_row(cells: Mapping[int, PictureCell], index: int, path: Path) -> str:
    """Return the base64 text of a row's picture, its own or that of the row it points to.

    Raises:
        UserError: there is none.
    """
    cell = cells.get(index)
    if cell is None:
        raise UserError(f"{path} has no row {index}")
    if not cell.text:
        raise UserError(f"{path} line {cell.line}: row {index} has no image")
    # VLMEvalKit's files store a picture once and let the rolled rows point to it
    if not cell.is_pointer:
        return cell.text
    there = cells.get(int(cell.text)) if cell.text.isdecimal() else None
    if there is None or there.is_pointer:
        raise UserError(
            f"{path} line {cell.line}: the image of row {index} is neither base64 "
            "nor the index of a row that has one"
        )
    return there.text
