"""Text files as documents, read one at a time: csv and jsonl by column, txt by line.

A document is plain text, or a conversation in marks: `<s>Human: ...</s><s>Assistant: ...</s>`, as
often as there are rounds. The roles of a conversation are checked.
"""

from __future__ import annotations

import csv
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from bettersynth.data.files.jsonl_rows import numbered_rows
from bettersynth.data.files.reading import parse_json
from bettersynth.data.row_files.row_file import require_row_file
from bettersynth.errors import UserError

START, END = "<s>", "</s>"
ROLES = ("Human: ", "Assistant: ")
SUFFIXES = (".csv", ".jsonl", ".txt")
_SUFFIXES_LISTED = ", ".join(SUFFIXES)
# pairs of marks without marks inside, and nothing but blanks between them
MARKED = re.compile(rf"\s*(?:{START}(?:(?!{START}|{END}).)*{END}\s*)+", re.DOTALL)


def document_files(names: Iterable[str], setting: str) -> list[Path]:
    """Return the files that `setting` names, in its order; of a folder, its csv, jsonl and txt
    files in the order of their names.

    Raises:
        UserError: there is no such file or folder, a file ends otherwise, or a folder has none.
    """
    files = []
    for name in names:
        path = Path(name)
        if not path.exists():
            raise UserError(f"{path} ({setting}) does not exist; name csv, jsonl or txt files")
        if path.is_dir():
            inside = [one for one in sorted(path.iterdir()) if one.suffix in SUFFIXES]
            if not inside:
                raise UserError(f"{path} ({setting}) has no file that ends in {_SUFFIXES_LISTED}")
            files += inside
        elif path.suffix in SUFFIXES:
            files.append(path)
        else:
            raise UserError(
                f"{path} ({setting}) cannot be read as text to learn from; allowed are files that "
                f"end in {_SUFFIXES_LISTED}"
            )
    return files


def read_documents(path: Path, column: str) -> Iterator[tuple[str, str]]:
    """Yield (place, text) of each document that is not blank; memory holds one at a time.

    In txt files a line is a document; one that opens with `<s>` goes on until every `<s>` has its
    `</s>`.

    Raises:
        UserError: no such file, another suffix, broken rows, no such column, or text that is not
            UTF-8.
    """
    reader = {".csv": _csv, ".jsonl": _jsonl, ".txt": _txt}.get(path.suffix)
    if reader is None:
        raise UserError(
            f"{path} cannot be read as text to learn from; allowed are files that end in "
            f"{_SUFFIXES_LISTED}"
        )
    require_row_file(path, str(path), "; name the files in params.yaml: pretrain_lm.text")
    unit = "row" if path.suffix == ".csv" else "line"
    try:
        for number, text in reader(path, column):
            if text.strip():
                yield f"{path} {unit} {number}", text
    except UnicodeDecodeError as error:
        raise UserError(f"{path} is not UTF-8 text: {error.reason} at byte {error.start}") from None


def _csv(path: Path, column: str) -> Iterator[tuple[int, str]]:
    # a document is longer than csv expects of a cell
    csv.field_size_limit(sys.maxsize)
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows = csv.DictReader(stream, strict=True)
        try:
            if column not in (rows.fieldnames or ()):
                columns = ", ".join(rows.fieldnames or ()) or "none"
                raise UserError(f"{path} has no column {column}; its columns are: {columns}")
            # the header is row 1
            for number, row in enumerate(rows, 2):
                yield number, row[column] or ""
        except csv.Error as error:
            raise UserError(f"{path} is not valid CSV near line {rows.line_num}: {error}") from None


def _jsonl(path: Path, column: str) -> Iterator[tuple[int, str]]:
    for number, line in numbered_rows(path):
        place = f"{path} line {number}"
        row = parse_json(line, place)
        if not isinstance(row, dict) or not isinstance(row.get(column), str):
            raise UserError(
                f'{place} has no text under "{column}"; a line is an object such as '
                f'{{"{column}": "..."}}'
            )
        yield number, row[column]


def _txt(path: Path, column: str) -> Iterator[tuple[int, str]]:  # noqa: ARG001
    with path.open(encoding="utf-8") as stream:
        # line at which the pending document began
        first = 0
        pending = ""
        for number, line in enumerate(stream, 1):
            first = first if pending else number
            pending += line
            # a conversation may go over several lines
            if pending.count(START) <= pending.count(END):
                yield first, pending.rstrip("\n")
                pending = ""
        if pending:
            raise UserError(f"{path} line {first}: {START} without its {END}")


def is_question(part: str) -> bool:
    """Return whether a part of a document is what the human says."""
    return part.startswith(ROLES[0])


def is_answer(part: str) -> bool:
    """Return whether a part of a document is what the assistant says."""
    return part.startswith(ROLES[1])


def parts_of(text: str, place: str) -> list[str]:
    """Return the parts between the marks, or the plain text as the only part.

    Raises:
        UserError: text outside the marks, an empty part, or roles that do not alternate from Human
            to Assistant.
    """
    if START not in text and END not in text:
        return [text]
    if not MARKED.fullmatch(text):
        raise UserError(
            f"{place}: marks must come in pairs with nothing between them: "
            f"{START}Human: ...{END}{START}Assistant: ...{END}"
        )
    parts = re.findall(rf"{START}(.*?){END}", text, re.DOTALL)
    if not any(part.startswith(ROLES) for part in parts):
        return parts
    for position, part in enumerate(parts):
        role = ROLES[position % 2]
        if not part.startswith(role):
            raise UserError(
                f"{place}: part {position + 1} starts with {part[:20]!r}; parts alternate, this "
                f"one must start with {role!r}"
            )
    # a question without its answer teaches nothing
    if len(parts) % 2:
        raise UserError(
            f"{place}: the last part is the human's; a conversation ends with an answer"
        )
    return parts
