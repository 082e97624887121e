"""Scores on disk, so that nothing is scored twice: one SQLite file for each `ColumnIdentity`.

A row is a content hash, the values as JSON, and a checksum of both: a row whose bytes have changed
on disk is not served but made again, and so is a whole file that SQLite cannot read. Rows are added
in transactions, never changed: a killed process loses at most the batch it was scoring, and any
number of processes may read and write at once. A cache that may not be written is read all the
same.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import re
import sqlite3
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bettersynth.data.files.scratch import scratch_folder
from bettersynth.errors import UserError, warn

# older versions of SQLite take 999 parameters
KEYS_A_QUERY = 500
# SQLite quotes a damaged name in its words, which need not be UTF-8 then
DAMAGED = (sqlite3.DatabaseError, UnicodeDecodeError)
# a name that was damaged and is a name still
OTHER_TABLE = re.compile("no such column|has no column named")
# for another writer's transaction
WAIT_SECONDS = 120


@dataclass(frozen=True)
class ColumnIdentity:
    """Whose scores a column holds.

    `settings` are the measuring ones, `model` tells the weights, `code` is the digest of the code
    that measures (`code_digest`). Scores made before the code was part of the identity have none,
    and are never served again.
    """

    operator: str = ""
    version: int = 0
    settings: dict[str, Any] = field(default_factory=dict)
    model: str = ""
    code: str = ""

    @property
    def text(self) -> str:
        """The JSON that the column's file is named by and holds."""
        parts = [self.operator, self.version, self.settings, self.model, self.code]
        return json.dumps(parts, sort_keys=True)


def read_identity(text: str) -> ColumnIdentity:
    """Return the identity that a file holds, also one without code.

    Raises:
        ValueError: it is no identity.
    """
    parts = json.loads(text)
    if not isinstance(parts, list) or len(parts) not in (4, 5):
        raise ValueError("its identity is not one of this program's")
    return ColumnIdentity(*parts)


def column_file(operator: str, identity_text: str) -> str:
    """Return the name of a column's file."""
    digest = hashlib.sha256(identity_text.encode()).hexdigest()[:16]
    return f"{operator}-{digest}.sqlite"


def checksum(key: bytes, value: bytes) -> int:
    """Return 32 bits that a row whose key or value was changed on disk does not fit."""
    return zlib.crc32(value, zlib.crc32(key))


def fits(key: Any, value: Any, kept_checksum: Any) -> bool:
    """Whether a row, as SQLite read it with `bytes` for text, is what was written."""
    whole = isinstance(key, bytes) and isinstance(value, bytes)
    return whole and checksum(key, value) == kept_checksum


class ScoreColumn:
    """The known scores of one operator under one identity."""

    def __init__(self, identity: ColumnIdentity, folder: Path | None = None):
        self.identity = identity.text
        folder = folder or scratch_folder("scores")
        self.path = folder / column_file(identity.operator, self.identity)
        self.read_only = not os.access(folder, os.W_OK)
        if self.path.exists() and not os.access(self.path, os.W_OK):
            self.read_only = True
        self._open()

    def _open(self) -> None:
        """Open the column, one process at a time.

        SQLite refuses two that switch a new file to its log at once, however long they wait.
        """
        if self.read_only:
            self._connect_to_read()
            return
        with self._failing_in_one_line():
            folder = os.open(self.path.parent, os.O_RDONLY)
            try:
                fcntl.flock(folder, fcntl.LOCK_EX)
                self._open_alone()
            finally:
                os.close(folder)

    def _open_alone(self) -> None:
        try:
            self._connect()
        except DAMAGED as error:
            if not _is_damage(error):
                raise
            self._set_aside(error)

    def _set_aside(self, error: Exception) -> None:
        """Go on with an empty file in the place of a damaged one, which is kept beside it."""
        damaged = self.path.with_suffix(".damaged")
        warn(
            f"{self.path} is damaged ({error}): moved to {damaged.name}, its scores are made again"
        )
        self.path.replace(damaged)
        # SQLite's log of the damaged file must not be played into the new one
        for ending in ("-wal", "-shm"):
            Path(f"{self.path}{ending}").unlink(missing_ok=True)
        self._connect()

    def _connect(self) -> None:
        self.connection = sqlite3.connect(self.path, timeout=WAIT_SECONDS, isolation_level=None)
        # damaged text need not be UTF-8, which would be an error of the query
        self.connection.text_factory = bytes
        run = self.connection.execute
        # readers and a writer do not wait for each other in this mode
        run("PRAGMA journal_mode=WAL")
        # a power cut may lose the last batches; the file stays whole
        run("PRAGMA synchronous=NORMAL")
        run(
            "CREATE TABLE IF NOT EXISTS scores "
            "(key BLOB PRIMARY KEY, value TEXT NOT NULL, checksum INTEGER NOT NULL) WITHOUT ROWID"
        )
        run("CREATE TABLE IF NOT EXISTS identity (text TEXT PRIMARY KEY)")
        run("INSERT OR IGNORE INTO identity VALUES (?)", [self.identity])

    def _connect_to_read(self) -> None:
        """Open a file that this user may not write; there may be none."""
        warn(f"{self.path.parent} may not be written: new scores are not kept")
        if self.path.exists():
            # immutable: SQLite would make a log beside the file otherwise
            address = f"{self.path.absolute().as_uri()}?immutable=1"
            self.connection = sqlite3.connect(address, uri=True, isolation_level=None)
            self.connection.text_factory = bytes
        else:
            self.connection = sqlite3.connect(":memory:", isolation_level=None)
            self.connection.execute("CREATE TABLE scores (key BLOB, value TEXT, checksum INTEGER)")

    @contextlib.contextmanager
    def _failing_in_one_line(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:
            if _is_damage(error):
                raise
            raise UserError(
                f"{self.path}: {error}; is the disk full, or are too many files open? "
                "What was scored before is kept: run the same command again"
            ) from None

    def get(self, keys: Sequence[bytes]) -> dict[bytes, list[Any]]:
        """Return the values, one a stat, of those keys that are known.

        Raises:
            UserError: the file cannot be read for now.
        """
        distinct = list(dict.fromkeys(keys))
        try:
            with self._failing_in_one_line():
                return self._get(distinct)
        except DAMAGED as error:
            if self.read_only:
                raise UserError(
                    f"{self.path} is damaged ({error}) and may not be written"
                ) from None
            self.connection.close()
            self._set_aside(error)
            return {}

    def _get(self, keys: list[bytes]) -> dict[bytes, list[Any]]:
        known: list[bytes] = []
        values: list[bytes] = []
        changed: list[bytes] = []
        for start in range(0, len(keys), KEYS_A_QUERY):
            asked = keys[start : start + KEYS_A_QUERY]
            marks = ",".join("?" * len(asked))
            query = f"SELECT key, value, checksum FROM scores WHERE key IN ({marks})"
            for key, value, kept_checksum in self.connection.execute(query, asked):
                if fits(key, value, kept_checksum):
                    known.append(key)
                    values.append(value)
                else:
                    changed.append(key)
        if changed:
            self._forget(changed)
        # one parse for all is several times as fast as one for each
        as_list = b"[" + b",".join(values) + b"]"
        return dict(zip(known, json.loads(as_list), strict=True))

    def _forget(self, changed: list[bytes]) -> None:
        warn(f"{self.path}: {len(changed)} scores were changed on disk: they are made again")
        if not self.read_only:
            keys = [(key,) for key in changed]
            self.connection.executemany("DELETE FROM scores WHERE key = ?", keys)

    def put(self, scores: dict[bytes, list[Any]]) -> None:
        """Add scores in one transaction; a key that another process added first keeps its value.

        Raises:
            UserError: they cannot be written.
        """
        if self.read_only:
            return
        rows = []
        for key, values in scores.items():
            value = json.dumps(values, separators=(",", ":"))
            rows.append((key, value, checksum(key, value.encode())))
        with self._failing_in_one_line():
            try:
                self._add(rows)
            except DAMAGED as error:
                if not _is_damage(error):
                    raise
                self.connection.close()
                self._set_aside(error)
                self._add(rows)

    def _add(self, rows: list[tuple[bytes, str, int]]) -> None:
        # the write lock now and not at the first row: two that upgrade later would fail
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            self.connection.executemany("INSERT OR IGNORE INTO scores VALUES (?, ?, ?)", rows)
            self.connection.execute("COMMIT")
        except BaseException:
            # a full disk has ended the transaction already
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")
            raise

    def close(self) -> None:
        """Close the file."""
        self.connection.close()


def _is_damage(error: Exception) -> bool:
    """Whether the file itself is at fault: a locked file, a full disk and the like pass."""
    other_table = OTHER_TABLE.search(str(error)) is not None
    return other_table or not isinstance(error, sqlite3.OperationalError)
