"""`bettersynth cache push | pull ADDRESS`: the scores of a team, so that its second machine scores
nothing again.

Both add and never change: a score that is known on both sides stays what it is on each. Rows travel
in parts (`score_parts`), and a kill at any moment leaves whole ones.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tqdm import tqdm

from bettersynth.errors import UserError, warn
from bettersynth.measuring.score_cache import ScoreColumn, fits
from bettersynth.recipes.cached_scores import Column, choose, columns, names_now
from bettersynth.recipes.score_parts import Part, PartsPlace, Row

# a part of word counts has about 15 MB then, and is in memory whole
ROWS_A_PART = 500_000


@dataclass
class Tally:
    """What a push or a pull did; `faults` says of each damaged part what is wrong with it."""

    added: int = 0
    known: int = 0
    differing: int = 0
    other_code: int = 0
    faults: dict[str, str] = field(default_factory=dict)


def push(address: str, operators: Sequence[str] = ()) -> Tally:
    """Add to the address the scores that it lacks, of these operators or of all; print how many.

    Only scores that the present code reads are shared.

    Raises:
        UserError: no such operator here, the address cannot be reached, or a part of it is damaged
            (said when the rest is done).
    """
    place = PartsPlace(address)
    there = place.names()
    tally = Tally()
    current = [column for column in choose(columns(), operators) if column.state == "current"]
    for column in tqdm(current, desc="push", unit="column", mininterval=1, disable=None):
        _push_column(place, column, there.get(column.path.stem, []), tally)
    print(f"pushed {tally.added:,} scores to {place.shown}; {tally.known:,} were there")
    _tell(tally, place.shown)
    return tally


def _push_column(place: PartsPlace, column: Column, names: Sequence[str], tally: Tally) -> None:
    here = ScoreColumn(column.identity, column.path.parent)
    with _open(here):
        _begin_arrivals(here.connection)
        for part in _sound_parts(place, column.path.stem, names, tally):
            tally.known += _arrive(here.connection, part.rows)
        tally.differing += _differing(here.connection)
        for rows in _rows_not_arrived(here.connection, column.path):
            place.write(column.identity, rows)
            tally.added += len(rows)


def pull(address: str, operators: Sequence[str] = ()) -> Tally:
    """Add to the cache here the scores at the address, of these operators or of all; print how
    many.

    Raises:
        UserError: nothing is there, the address cannot be reached, the cache may not be written, or
            a part is damaged (said when the rest is done).
    """
    place = PartsPlace(address)
    there = place.names()
    if not there:
        shown = place.shown
        raise UserError(f"{shown} holds no scores; `bettersynth cache push {shown}` puts them")
    tally = Tally()
    chosen = _chosen(there, operators, place.shown)
    for name in tqdm(chosen, desc="pull", unit="column", mininterval=1, disable=None):
        _pull_column(place, name, there[name], tally)
    print(f"pulled {tally.added:,} scores from {place.shown}; {tally.known:,} were here")
    _tell(tally, place.shown)
    return tally


def _pull_column(place: PartsPlace, name: str, names: Sequence[str], tally: Tally) -> None:
    for part in _sound_parts(place, name, names, tally):
        if Column(Path(name), part.identity).state != "current":
            tally.other_code += 1
            return
        here = ScoreColumn(part.identity)
        with _open(here):
            if here.read_only:
                raise UserError(f"{here.path.parent} may not be written")
            _begin_arrivals(here.connection)
            _arrive(here.connection, part.rows)
            tally.differing += _differing(here.connection)
            added = _merge(here.connection)
            tally.added += added
            tally.known += len(part.rows) - added


@contextlib.contextmanager
def _open(column: ScoreColumn) -> Iterator[None]:
    """Close the column at the end.

    Raises:
        UserError: SQLite cannot go on.
    """
    try:
        yield
    except sqlite3.Error as error:
        raise UserError(
            f"{column.path}: {error}; is the disk full? What was merged before is kept: run the "
            "same command again"
        ) from None
    finally:
        column.close()


def _chosen(there: dict[str, list[str]], operators: Sequence[str], address: str) -> list[str]:
    """Return the columns of these operators, of all that this version has if none is named."""
    operator_of = {name: name.rpartition("-")[0] for name in there}
    for operator in operators:
        if operator not in operator_of.values():
            held = ", ".join(sorted(set(operator_of.values())))
            raise UserError(f"{address} holds no scores of {operator}; it holds: {held}")
    wanted = operators or names_now()
    return [name for name, operator in operator_of.items() if operator in wanted]


def _sound_parts(
    place: PartsPlace, column: str, names: Sequence[str], tally: Tally
) -> Iterator[Part]:
    for name in names:
        try:
            part = place.read(column, name)
        except ValueError as error:
            tally.faults[f"{column}/{name}"] = str(error)
            continue
        if part.changed:
            tally.faults[f"{column}/{name}"] = f"{part.changed} scores do not fit their checksums"
        yield part


def _begin_arrivals(connection: sqlite3.Connection) -> None:
    """Make an empty table for the rows of other machines, which goes with the connection."""
    connection.execute(
        "CREATE TEMP TABLE IF NOT EXISTS arrived "
        "(key BLOB PRIMARY KEY, value TEXT NOT NULL, checksum INTEGER NOT NULL) WITHOUT ROWID"
    )
    connection.execute("DELETE FROM arrived")


def _arrive(connection: sqlite3.Connection, rows: Sequence[Row]) -> int:
    """Return how many of the rows are new among those that arrived."""
    connection.execute("BEGIN")
    before = connection.total_changes
    connection.executemany("INSERT OR IGNORE INTO arrived VALUES (?, ?, ?)", rows)
    connection.execute("COMMIT")
    return connection.total_changes - before


def _merge(connection: sqlite3.Connection) -> int:
    """Add what arrived to the column in one transaction; return how many scores were new."""
    # the write lock now and not at the first row: two that upgrade later would fail
    connection.execute("BEGIN IMMEDIATE")
    try:
        done = connection.execute("INSERT OR IGNORE INTO scores SELECT * FROM arrived")
        connection.execute("COMMIT")
    except BaseException:
        # a full disk has ended the transaction already
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return done.rowcount


def _differing(connection: sqlite3.Connection) -> int:
    query = (
        "SELECT count(*) FROM arrived JOIN scores USING (key) WHERE arrived.value != scores.value"
    )
    return int(connection.execute(query).fetchone()[0])


def _rows_not_arrived(connection: sqlite3.Connection, path: Path) -> Iterator[list[Row]]:
    """Yield the column's own rows that no part holds, in order of their keys, as many as a part
    has.
    """
    query = (
        "SELECT key, value, checksum FROM scores "
        "WHERE key NOT IN (SELECT key FROM arrived) ORDER BY key"
    )
    changed = 0
    cursor = connection.execute(query)
    while fetched := cursor.fetchmany(ROWS_A_PART):
        rows = []
        for key, value, kept_checksum in fetched:
            if fits(key, value, kept_checksum):
                rows.append((key, value.decode(), kept_checksum))
            else:
                changed += 1
        if rows:
            yield rows
    if changed:
        warn(f"{path}: {changed} scores were changed on disk: they are not shared")


def _tell(tally: Tally, address: str) -> None:
    if tally.differing:
        warn(
            f"{tally.differing:,} scores here differ from those at {address}: each side keeps its "
            "own; was one of the machines another kind, a GPU's for instance?"
        )
    if tally.other_code:
        warn(f"{tally.other_code} columns at {address} are of other code: they were left there")
    if tally.faults:
        name, fault = next(iter(tally.faults.items()))
        raise UserError(
            f"{len(tally.faults)} damaged files at {address}, of which nothing wrong was merged; "
            f"{name}: {fault}; remove it there, and push from the machine that has the scores"
        )
