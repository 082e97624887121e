"""Score cache, seen from outside: what it holds, whether it is sound, and emptying parts of it.

All of it is safe beside running jobs: a column is emptied in one transaction, never unlinked.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tqdm import tqdm

from bettersynth.data.files.code_digest import code_digest
from bettersynth.data.files.scratch import scratch_folder
from bettersynth.errors import UserError
from bettersynth.measuring import answer_identity, chat_answers
from bettersynth.measuring.captioning import CACHE_NAME, captioner_code
from bettersynth.measuring.score_cache import (
    WAIT_SECONDS,
    ColumnIdentity,
    column_file,
    fits,
    read_identity,
)
from bettersynth.operators import load_operator, operator_names

KEY_BYTES = 16
HEADINGS = f"{'operator':32} {'scores':>10} {'MB':>8}  state    settings"


@dataclass(frozen=True)
class Column:
    """One file of the cache, and whose scores it holds; `fault` says why it cannot be read."""

    path: Path
    identity: ColumnIdentity = ColumnIdentity()
    identity_text: str = ""
    scores: int = 0
    size_bytes: int = 0
    fault: str = ""

    @property
    def operator(self) -> str:
        """The operator whose scores it holds."""
        return self.identity.operator

    @property
    def state(self) -> str:
        """`current`, `old` (no present operator would read it), or what is wrong with the file."""
        if self.fault:
            return self.fault
        if self.operator not in names_now():
            return "old"
        same_version = self._version_now == self.identity.version
        return "current" if same_version and self.identity.code == code_now(self) else "old"

    @property
    def _version_now(self) -> int:
        if self.operator == answer_identity.CACHE_NAME:
            return answer_identity.VERSION
        return int(load_operator(self.operator).VERSION)


def names_now() -> list[str]:
    """Return whose scores the cache may hold: the operators', and the answers of trained models."""
    return [*operator_names(), answer_identity.CACHE_NAME]


def code_now(column: Column) -> str | None:
    """Return the digest of the code that makes such scores today, None if there is none."""
    if column.operator == CACHE_NAME:
        return captioner_code(column.identity.model)
    if column.operator == chat_answers.CACHE_NAME:
        return chat_answers.chat_code()
    if column.operator == answer_identity.CACHE_NAME:
        return answer_identity.answers_code()
    return code_digest(f"bettersynth.operators.{column.operator}")


def columns(folder: Path | None = None) -> list[Column]:
    """Return the columns that hold scores or cannot be read, by operator, largest first."""
    folder = folder or scratch_folder("scores")
    present = [_read(path) for path in sorted(folder.glob("*.sqlite"))]
    for path in sorted(folder.glob("*.damaged")):
        present.append(Column(path, size_bytes=path.stat().st_size, fault="set aside as damaged"))
    worth_showing = [column for column in present if column.scores or column.fault]
    worth_showing.sort(key=lambda column: (column.operator, -column.scores, column.path.name))
    return worth_showing


def _read(path: Path) -> Column:
    # with its write-ahead log
    size = sum(file.stat().st_size for file in path.parent.glob(f"{path.name}*"))
    try:
        with closing(_connect(path)) as connection:
            (text,) = connection.execute("SELECT text FROM identity").fetchone() or ("",)
            (scores,) = connection.execute("SELECT count(*) FROM scores").fetchone()
            # a damaged page counts as it likes; .2 s for a million scores
            (answer,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
        if answer != "ok":
            # its first line names the database
            fault = answer.splitlines()[-1]
            return Column(path, size_bytes=size, fault=f"damaged: {fault}")
        identity = read_identity(text)
    except (sqlite3.Error, ValueError) as error:
        return Column(path, size_bytes=size, fault=f"damaged: {error}")
    return Column(path, identity, text, scores, size)


def _connect(path: Path) -> sqlite3.Connection:
    if os.access(path, os.W_OK) and os.access(path.parent, os.W_OK):
        return sqlite3.connect(path, timeout=WAIT_SECONDS, isolation_level=None)
    # SQLite would make a log beside the file otherwise, which this user may not
    address = f"{path.absolute().as_uri()}?immutable=1"
    return sqlite3.connect(address, uri=True, isolation_level=None)


def print_sizes(operators: Sequence[str]) -> None:
    """Print a line a column: operator, scores, size, state, settings not the default, model."""
    chosen = choose(columns(), operators)
    if not chosen:
        print(f"no scores in {scratch_folder('scores')}")
        return
    print(HEADINGS)
    for column in chosen:
        print(_line(column))
    scores = sum(column.scores for column in chosen)
    megabytes = sum(column.size_bytes for column in chosen) / 2**20
    print(f"{'total':32} {scores:>10,} {megabytes:>8.1f}  in {scratch_folder('scores')}")


def _line(column: Column) -> str:
    words = [
        ", ".join(f"{name}={value}" for name, value in changed_settings(column).items()),
        f"model {column.identity.model}" if column.identity.model else "",
    ]
    name = column.operator or column.path.name
    megabytes = column.size_bytes / 2**20
    sizes = f"{name:32} {column.scores:>10,} {megabytes:>8.1f}"
    return f"{sizes}  {column.state:8} {' '.join(filter(None, words))}"


def changed_settings(column: Column) -> dict[str, Any]:
    """Return the measuring settings that are not the operator's defaults.

    All of them for an operator that is no more, and for captions.
    """
    settings = column.identity.settings
    if column.operator not in operator_names():
        return settings
    measuring = getattr(load_operator(column.operator), "Measuring", None)
    if measuring is None:
        return settings
    # through JSON as the column's own went: a tuple is a list there
    defaults = json.loads(json.dumps(vars(measuring())))
    changed = {}
    for name, value in settings.items():
        if name not in defaults or defaults[name] != value:
            changed[name] = value
    return changed


def choose(present: Sequence[Column], operators: Sequence[str]) -> list[Column]:
    """Return the columns of these operators, all if none is named.

    Raises:
        UserError: an operator has no scores (those that do are named).
    """
    names = {column.operator for column in present if column.operator}
    for name in operators:
        if name not in names:
            held = ", ".join(sorted(names)) or "none"
            raise UserError(f"the cache holds no scores of {name}; it holds: {held}")
    return [column for column in present if not operators or column.operator in operators]


def verify(operators: Sequence[str]) -> None:
    """Check every file: SQLite's own integrity, its name against its identity, each key and value.

    Raises:
        UserError: a file is not sound; drop it, its scores are then made again.
    """
    chosen = choose(columns(), operators)
    faults = {}
    for column in tqdm(chosen, desc="cache", unit="file", mininterval=1, disable=None):
        fault = column.fault or _fault(column)
        if fault:
            faults[column.path.name] = fault
    scores = sum(column.scores for column in chosen)
    sound = len(chosen) - len(faults)
    print(f"{scores:,} scores in {len(chosen)} files: {sound} files sound")
    if faults:
        name, fault = next(iter(faults.items()))
        raise UserError(
            f"{len(faults)} files are not sound; {name}: {fault}; "
            "`bettersynth cache drop --damaged` removes them"
        )


def _fault(column: Column) -> str:
    """Return what is wrong with a column's file, "" if nothing is."""
    expected = column_file(column.operator, column.identity_text)
    if expected != column.path.name:
        return f"the name does not fit its identity, {expected} does"
    try:
        with closing(_connect(column.path)) as connection:
            return _fault_of_rows(connection)
    except (sqlite3.Error, ValueError) as error:
        return str(error)


def _fault_of_rows(connection: sqlite3.Connection) -> str:
    lengths: set[int] = set()
    changed = 0
    # scores of older programs have none, and are not served
    has_checksums = len(connection.execute("PRAGMA table_info(scores)").fetchall()) == 3
    connection.text_factory = bytes
    for key, text, *rest in connection.execute("SELECT * FROM scores"):
        if has_checksums and not fits(key, text, *rest):
            changed += 1
            continue
        values = json.loads(text)
        if len(key) != KEY_BYTES or not isinstance(values, list):
            return f"key {key.hex()} holds no list of values"
        lengths.add(len(values))
    if changed:
        return f"{changed} scores were changed on disk (the next run makes them again)"
    if len(lengths) <= 1:
        return ""
    return f"rows with {' and '.join(map(str, sorted(lengths)))} values"


def drop(
    operators: Sequence[str], everything: bool = False, old: bool = False, damaged: bool = False
) -> None:
    """Empty the columns of these operators, of all, those that are old, or the damaged files.

    Damaged files are removed, the others stay and are empty.

    Raises:
        UserError: nothing was named.
    """
    if not (operators or everything or old or damaged):
        raise UserError(
            "name operators to drop, or one of --all, --old, --damaged; "
            "`bettersynth cache` lists what there is"
        )
    present = columns()
    named = choose(present, operators) if operators else []
    dropped = []
    for column in present:
        broken = column.fault or (damaged and _fault(column))
        outdated = old and column.state == "old"
        if not (everything or column in named or outdated or (damaged and broken)):
            continue
        dropped.append(column)
        if broken:
            for file in column.path.parent.glob(f"{column.path.name}*"):
                file.unlink(missing_ok=True)
        else:
            _empty(column)
    scores = sum(column.scores for column in dropped)
    megabytes = sum(column.size_bytes for column in dropped) / 2**20
    print(f"dropped {scores:,} scores in {len(dropped)} files, {megabytes:.1f} MB")


def _empty(column: Column) -> None:
    with closing(_connect(column.path)) as connection:
        connection.execute("DELETE FROM scores")
        # SQLite keeps the room of deleted rows otherwise
        connection.execute("VACUUM")
