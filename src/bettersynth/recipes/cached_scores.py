"""Score cache, seen from outside: what it holds, whether it is sound, and emptying parts of it. Safe beside running jobs."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tqdm import tqdm

from bettersynth.data.files.scratch import scratch_folder
from bettersynth.errors import UserError
from bettersynth.measuring.score_cache import WAIT_SECONDS, column_path
from bettersynth.operators import load_operator, operator_names

KEY_BYTES = 16


@dataclass(frozen=True)
class Column:
    """One file of the cache: the scores of an operator under one version, one set of measuring settings and one model."""

    path: Path
    operator: str = ""
    version: int = 0
    settings: dict[str, Any] = field(default_factory=dict)
    model: str = ""
    scores: int = 0
    size_bytes: int = 0
    fault: str = ""

    @property
    def state(self) -> str:
        """`current`, `old` (no present operator would read it), or what is wrong with the file."""
        if self.fault:
            return self.fault
        known = (
            self.operator in operator_names()
            and load_operator(self.operator).VERSION == self.version
        )
        return "current" if known else "old"


def columns(folder: Path | None = None) -> list[Column]:
    """Return the columns that hold scores or cannot be read, sorted by operator, largest first."""
    found = [_read(path) for path in sorted((folder or scratch_folder("scores")).glob("*.sqlite"))]
    damaged = (folder or scratch_folder("scores")).glob("*.damaged")
    found += [
        Column(path, size_bytes=path.stat().st_size, fault="set aside as damaged")
        for path in sorted(damaged)
    ]
    return sorted(
        (c for c in found if c.scores or c.fault),
        key=lambda c: (c.operator, -c.scores, c.path.name),
    )


def _read(path: Path) -> Column:
    size = sum(part.stat().st_size for part in path.parent.glob(f"{path.name}*"))
    try:
        with closing(_connect(path)) as connection:
            (identity,) = connection.execute("SELECT text FROM identity").fetchone() or ("",)
            (scores,) = connection.execute("SELECT count(*) FROM scores").fetchone()
        operator, version, settings, model = json.loads(identity)
    except (sqlite3.Error, ValueError) as error:
        return Column(path, size_bytes=size, fault=f"damaged: {error}")
    return Column(path, operator, version, settings, model, scores, size)


def _connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=WAIT_SECONDS, isolation_level=None)


def print_sizes(operators: Sequence[str]) -> None:
    """Print one line a column: operator, scores, megabytes, state, settings that differ from the defaults, model."""
    chosen = choose(columns(), operators)
    if not chosen:
        print(f"no scores in {scratch_folder('scores')}")
        return
    print(f"{'operator':32} {'scores':>10} {'MB':>8}  state    settings")
    for column in chosen:
        settings = ", ".join(f"{name}={value}" for name, value in changed_settings(column).items())
        model = f"model {column.model}" if column.model else ""
        name = column.operator or column.path.name
        print(
            f"{name:32} {column.scores:>10,} {column.size_bytes / 2**20:>8.1f}  {column.state:8} {' '.join(filter(None, (settings, model)))}"
        )
    total = sum(column.size_bytes for column in chosen) / 2**20
    print(
        f"{'total':32} {sum(c.scores for c in chosen):>10,} {total:>8.1f}  in {scratch_folder('scores')}"
    )


def changed_settings(column: Column) -> dict[str, Any]:
    """Return the measuring settings that are not the operator's defaults; all of them for an operator that is no more, and for captions."""
    measuring = (
        getattr(load_operator(column.operator), "Measuring", None)
        if column.operator in operator_names()
        else None
    )
    if measuring is None:
        return column.settings
    defaults = json.loads(json.dumps(vars(measuring())))
    return {
        name: value
        for name, value in column.settings.items()
        if name not in defaults or defaults[name] != value
    }


def choose(found: Sequence[Column], operators: Sequence[str]) -> list[Column]:
    """Return the columns of these operators, all if none is named.

    Raises:
        UserError: an operator has no scores (those that do are named).
    """
    names = {column.operator for column in found if column.operator}
    for name in operators:
        if name not in names:
            raise UserError(
                f"the cache holds no scores of {name}; it holds: {', '.join(sorted(names)) or 'none'}"
            )
    return [column for column in found if not operators or column.operator in operators]


def verify(operators: Sequence[str]) -> None:
    """Check every file: SQLite's own integrity, the name against the identity, each key and value.

    Raises:
        UserError: a file is not sound; drop it, its scores are then made again.
    """
    chosen = choose(columns(), operators)
    faults = {}
    for column in tqdm(chosen, desc="cache", unit="file", mininterval=1, disable=None):
        fault = column.fault or _fault(column)
        if fault:
            faults[column.path.name] = fault
    print(
        f"{sum(c.scores for c in chosen):,} scores in {len(chosen)} files: {len(chosen) - len(faults)} files sound"
    )
    if faults:
        name, fault = next(iter(faults.items()))
        raise UserError(
            f"{len(faults)} files are not sound; {name}: {fault}; `bettersynth cache drop --damaged` removes them"
        )


def _fault(column: Column) -> str:
    expected = column_path(
        column.path.parent, column.operator, column.version, column.settings, column.model
    )
    if expected != column.path:
        return f"the name does not fit its identity, {expected.name} does"
    try:
        with closing(_connect(column.path)) as connection:
            (answer,) = connection.execute("PRAGMA integrity_check").fetchone()
            if answer != "ok":
                return str(answer)
            lengths: set[int] = set()
            for key, value in connection.execute("SELECT key, value FROM scores"):
                values = json.loads(value)
                if len(key) != KEY_BYTES or not isinstance(values, list):
                    return f"key {key.hex()} holds no list of values"
                lengths.add(len(values))
    except (sqlite3.Error, ValueError) as error:
        return str(error)
    return f"rows with {' and '.join(map(str, sorted(lengths)))} values" if len(lengths) > 1 else ""


def drop(
    operators: Sequence[str], everything: bool = False, old: bool = False, damaged: bool = False
) -> None:
    """Empty the columns of these operators, of all, of old versions, or the damaged files.

    A column is emptied in one transaction, never unlinked, so that a job that is writing goes on safely; damaged files are removed.

    Raises:
        UserError: nothing was named.
    """
    if not (operators or everything or old or damaged):
        raise UserError(
            "name operators to drop, or one of --all, --old, --damaged; `bettersynth cache` lists what there is"
        )
    found = columns()
    named = choose(found, operators) if operators else []
    chosen = [
        c
        for c in found
        if everything
        or c in named
        or (old and c.state == "old")
        or (damaged and (c.fault or _fault(c)))
    ]
    for column in chosen:
        if column.fault or (damaged and _fault(column)):
            for part in column.path.parent.glob(f"{column.path.name}*"):
                part.unlink(missing_ok=True)
            continue
        with closing(_connect(column.path)) as connection:
            connection.execute("DELETE FROM scores")
            connection.execute("VACUUM")
    freed = sum(column.size_bytes for column in chosen) / 2**20
    print(
        f"dropped {sum(column.scores for column in chosen):,} scores in {len(chosen)} files, {freed:.1f} MB"
    )
