"""Tables that a spreadsheet opens without running, hiding or cutting anything in them."""

from __future__ import annotations

import csv
import os
import re
import sys
import warnings
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from bettersynth.data.files.writing import complete_or_absent
from bettersynth.errors import UserError

# UTF-16 units, a workbook's own limit; its writer would cut without a word
MAX_CELL = 32_767
MAX_UNPACKED_BYTES = 2**30
# of .xls, and of what a password encrypts
OLD_FORMAT = bytes.fromhex("d0cf11e0a1b11ae1")
# What zipfile and openpyxl raise on damaged files, as found with flipped and missing parts
WORKBOOK_ERRORS = (
    OSError, SyntaxError, ValueError, EOFError, LookupError, TypeError, ArithmeticError,
    AttributeError, RuntimeError, AssertionError, MemoryError, zipfile.BadZipFile, zlib.error,
)  # fmt: skip
# control characters, halves of surrogate pairs and two others that XML cannot hold
_NO_CELL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
# what a spreadsheet takes for the start of a formula, and what parts the cells and rows of a file
_FORMULA = re.compile(r"\s*[=+\-@].")
_BREAKS = re.compile(r"[\t\r\n]+")


def plain_cell(value: Any) -> Any:
    """Return a value as a cell of a csv or tsv file; text that would run has a `'` before it.

    Line breaks and tabs in a text become blanks. Numbers are as they were.
    """
    if not isinstance(value, str):
        return value
    text = _BREAKS.sub(" ", value)
    return f"'{text}" if _FORMULA.match(text) else text


def write_workbook(
    path: Path, names: Sequence[str], rows: Iterable[tuple[str, Sequence[Any]]]
) -> None:
    """Write an .xlsx of one sheet: `names`, then the values of each row with the row's name.

    Text is text, whatever it looks like (`=1+1`, `#N/A`), without the characters that a workbook
    cannot hold.

    Raises:
        UserError: a text is too long for a cell; the row's name and the column are in it.
    """
    from openpyxl import Workbook

    sheet = Workbook().active
    for column, name in enumerate(names, 1):
        _fill(sheet.cell(1, column), name, path, f"column {name[:40]!r}")
    for number, (row_name, values) in enumerate(rows, 2):
        for column, (name, value) in enumerate(zip(names, values, strict=True), 1):
            _fill(sheet.cell(number, column), value, path, f"{row_name}, column {name}")
    with complete_or_absent(path) as temporary:
        sheet.parent.save(temporary)


def _fill(cell: Any, value: Any, path: Path, place: str) -> None:
    """Put a value into a cell; a text is text, never a formula or an error."""
    if not isinstance(value, str):
        cell.value = value
        return
    text = _NO_CELL.sub("", value)
    length = len(text.encode("utf-16-le")) // 2
    if length > MAX_CELL:
        raise UserError(
            f"{path}: the text of {place} has {length:,} characters, a workbook's cell holds "
            f"{MAX_CELL:,}; shorten it, or write .jsonl"
        )
    cell.value = text
    cell.data_type = "s"
    # stays text when somebody edits the cell
    cell.quotePrefix = True


def workbook_rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield the number and the non-empty cells of each row of an .xlsx's first sheet, as text.

    Row 1 names the columns. Formulas and error values count as the text that they are written
    with: nobody has computed them, and an answer such as `=1+1` must not become an empty one.

    Raises:
        UserError: the file is of another format, damaged, has a password, or two columns of one
            name.
    """
    _require_workbook(path)
    try:
        yield from _rows(path)
    except WORKBOOK_ERRORS as error:
        said = " ".join(str(error).split())[:120]
        raise UserError(
            f"{path} is a damaged workbook ({type(error).__name__}: {said}); save it anew, or as "
            ".csv"
        ) from None


def _require_workbook(path: Path) -> None:
    """Pass if a file is a zip file, as an .xlsx is, of a bearable size."""
    with open(path, "rb") as stream:
        start = stream.read(len(OLD_FORMAT))
    if start == OLD_FORMAT:
        raise UserError(
            f"{path} is an old workbook (.xls) or has a password; save it as .xlsx without one"
        )
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(member.file_size for member in archive.infolist())
    except WORKBOOK_ERRORS:
        raise UserError(
            f"{path} is no .xlsx workbook, or a cut one; a table in text form is .csv or .tsv"
        ) from None
    if size > MAX_UNPACKED_BYTES:
        raise UserError(
            f"{path} holds {size:,} bytes unpacked, limit {MAX_UNPACKED_BYTES:,}; save it as .csv"
        )


def _rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    from openpyxl import load_workbook

    with warnings.catch_warnings():
        # of styles and extensions, which hold no values
        warnings.simplefilter("ignore")
        book = load_workbook(path, read_only=True)
        sheet = book.worksheets[0]
        # Some programs write a wrong one, and the rest of the sheet would be passed over
        sheet.reset_dimensions()
        rows = enumerate(sheet.iter_rows(values_only=True), 1)
        names = [_as_text(value) for value in next(rows, (1, ()))[1]]
        refuse_names_given_twice(path, names)
        for number, values in rows:
            cells = dict(zip(names, map(_as_text, values), strict=False))
            filled = {name: text for name, text in cells.items() if name and text}
            if filled:
                yield number, filled
        book.close()


def refuse_names_given_twice(path: Path, names: Iterable[str]) -> None:
    """Pass if no two columns of a table have one name; only one of them would be read.

    Raises:
        UserError: two have.
    """
    seen: set[str] = set()
    for name in names:
        if name and name in seen:
            raise UserError(f"{path} has two columns {name}; only one can be meant")
        seen.add(name)


def require_whole_table(path: Path, separator: str) -> None:
    """Pass if the columns of a csv or tsv file have names of their own and every row has a cell for
    each; blank lines are no rows.

    Raises:
        UserError: two columns have one name, or a row is cut.
        UnicodeDecodeError, csv.Error: it is no table.
    """
    # a cell may be a picture, longer than the 128 KiB that csv allows
    csv.field_size_limit(sys.maxsize)
    with open(path, encoding="utf-8-sig", newline="") as stream:
        lines = csv.reader(stream, delimiter=separator)
        rows = (row for row in lines if any(map(str.strip, row)))
        names = next(rows, [])
        refuse_names_given_twice(path, names)
        for row in rows:
            refuse_cut_row(f"{path} line {lines.line_num}", len(row), len(names))


def refuse_cut_row(where: str, cells: int, columns: int) -> None:
    """Pass if the row of a table, found at `where`, has a cell for each column.

    Raises:
        UserError: it has fewer.
    """
    if cells < columns:
        raise UserError(
            f"{where} has {cells} of {columns} columns: the file was cut, or changed by hand"
        )


def require_line_end(path: Path) -> None:
    """Pass if the last line of a file ends as lines do; the last cell of a cut one is not whole.

    Raises:
        UserError: it does not.
    """
    with open(path, "rb") as stream:
        stream.seek(-1, os.SEEK_END)
        last = stream.read()
    if last not in (b"\n", b"\r"):
        raise UserError(
            f"{path} was cut: its last line has no end (add one if nothing lacks there)"
        )


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    # every number of a workbook is a float: 7 must not become 7.0
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
