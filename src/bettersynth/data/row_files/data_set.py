"""Which files a data set consists of: one, those of a folder, or several with weights."""

from __future__ import annotations

import math
import shlex
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bettersynth.data.files.compressed import ending
from bettersynth.data.files.reading import read_json
from bettersynth.data.row_files.lance_tables import LANCE, is_lance, require_whole
from bettersynth.data.row_files.reading import ROW_ENDINGS
from bettersynth.data.row_files.row_file import require_row_file
from bettersynth.errors import UserError

# what a run writes beside its export
OWN_OUTPUTS = ("_stats.jsonl", "_rejects.jsonl", "_dropped.jsonl", "_drawn.jsonl")
# the files that say that a folder is Hugging Face's `save_to_disk`
SAVED_STATE = "state.json"
SAVED_SPLITS = "dataset_dict.json"


@dataclass(frozen=True)
class Source:
    """A file or folder of rows; `weight` is its share where a number of rows is drawn."""

    path: str
    weight: float = 1.0


def parse_dataset_path(text: str) -> list[Source]:
    """Return the sources that Data-Juicer's `dataset_path` names: `0.3 a.jsonl 0.7 "b c.jsonl"`.

    A path that exists as it stands is one source, whatever its name holds.

    Raises:
        UserError: a weight without its path, or quotes that do not close.
    """
    if Path(text).exists():
        return [Source(text)]
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise UserError(f"dataset_path {text!r}: {error}") from None
    if len(words) < 2:
        return [Source(text)]
    sources: list[Source] = []
    weight: float | None = None
    for word in words:
        number = _number(word)
        if number is None:
            sources.append(Source(word, 1.0 if weight is None else weight))
            weight = None
        elif weight is None:
            weight = number
        else:
            raise UserError(f"dataset_path {text!r}: {word} follows a weight; a path must")
    if weight is not None:
        raise UserError(f"dataset_path {text!r} ends with a weight; its path must follow")
    return sources


def _number(word: str) -> float | None:
    """Return a word as a weight, None where it is none."""
    try:
        number = float(word)
    except ValueError:
        return None
    return number if math.isfinite(number) and number >= 0 else None


def dataset_files(path: str | Path, endings: Sequence[str] = ROW_ENDINGS) -> list[Path]:
    """Return the files of rows at `path`: itself, or those of a folder and its folders, sorted.

    Files of other `endings` than these are left out, and so are hidden ones and what a run writes
    beside its export. A folder of Hugging Face's `save_to_disk` is its arrow files, one of
    img2dataset's its tars; a table of Lance is a folder that counts as a file.

    Raises:
        UserError: it does not exist, is no regular file, holds no such file, or a part of a table.
    """
    path = Path(path)
    require_whole(path)
    if path.is_dir() and not is_lance(path):
        if (path / SAVED_SPLITS).is_file() or (path / SAVED_STATE).is_file():
            return _saved_files(path)
        inside = _outside_of_lance(sorted(path.rglob("*")))
        files = [file for file in inside if _is_row_file(file, path, endings)]
        files = _without_lists_of_tars(files)
        if not files:
            raise UserError(
                f"dataset_path {path} is a folder without a {endings[0]} file; "
                f"what is read: {', '.join(endings)}"
            )
        return files
    if not is_lance(path):
        require_row_file(path, f"dataset_path {path}")
    if ending(path) not in ROW_ENDINGS:
        raise UserError(
            f"dataset_path {path} must be a .jsonl file with one sample a line, a folder of such "
            f"files, or of another kind that is read: {', '.join(ROW_ENDINGS[1:])}"
        )
    if ending(path) not in endings:
        raise UserError(f"dataset_path {path} is none of suffixes {', '.join(endings)}")
    return [path]


def _is_row_file(file: Path, folder: Path, endings: Sequence[str]) -> bool:
    if any(part.startswith(".") for part in file.relative_to(folder).parts):
        return False
    if ending(file) not in endings or file.name.endswith(OWN_OUTPUTS):
        return False
    if ending(file) != LANCE:
        return file.is_file()
    require_whole(file)
    return is_lance(file)


def _outside_of_lance(paths: Iterable[Path]) -> Iterator[Path]:
    """Yield sorted paths without what lies in the folder of a Lance table."""
    table: Path | None = None
    for path in paths:
        if table is not None and path.is_relative_to(table):
            continue
        if is_lance(path):
            table = path
        yield path


def _without_lists_of_tars(files: Sequence[Path]) -> list[Path]:
    """Leave out NAME.parquet and NAME_stats.json beside NAME.tar, as img2dataset writes them.

    The first has the rows of the tar once more, and those whose download failed.
    """
    lists: set[Path] = set()
    for file in files:
        if ending(file) == ".tar":
            lists |= {file.with_suffix(".parquet"), file.with_name(f"{file.stem}_stats.json")}
    return [file for file in files if file not in lists]


def _saved_files(folder: Path) -> list[Path]:
    """Return the arrow files of a folder that `save_to_disk` of Hugging Face's datasets wrote.

    Raises:
        UserError: it holds several splits, or lacks a file.
    """
    if (folder / SAVED_SPLITS).is_file():
        state = read_json(folder / SAVED_SPLITS)
        splits = state.get("splits") if isinstance(state, dict) else None
        names = ", ".join(map(str, splits or ()))
        raise UserError(f"dataset_path {folder} holds splits; name the folder of one: {names}")
    state = read_json(folder / SAVED_STATE)
    files: list[Path] = []
    for entry in _entries(state):
        # a name alone: a state file cannot point elsewhere
        file = folder / Path(str(entry)).name
        if not file.is_file():
            raise UserError(
                f"dataset_path {folder}: {SAVED_STATE} names {entry}, which is not there"
            )
        files.append(file)
    if not files:
        raise UserError(f"dataset_path {folder}: {SAVED_STATE} names no arrow file")
    return files


def _entries(state: Any) -> list[Any]:
    entries = state.get("_data_files") if isinstance(state, dict) else None
    if not isinstance(entries, list):
        return []
    return [entry.get("filename") for entry in entries if isinstance(entry, dict)]
