"""Scores on disk, so that nothing is scored twice: one SQLite file for each `ColumnIdentity`.

A row is a content hash and the values as JSON. Rows are added in transactions, never changed: a
killed process loses at most the batch it was scoring, and any number of processes may read and
write at once.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import sqlite3
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bettersynth.data.files.scratch import scratch_folder

KEYS_A_QUERY = 500
WAIT_SECONDS = 120  # for another writer's transaction


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


class ScoreColumn:
    """The known scores of one operator under one identity."""

    def __init__(self, identity: ColumnIdentity, folder: Path | None = None):
        self.identity = identity.text
        folder = folder or scratch_folder("scores")
        self.path = folder / column_file(identity.operator, self.identity)
        self._open()

    def _open(self) -> None:
        """Open the column, one process at a time.

        SQLite refuses two that switch a new file to its log at once, however long they wait.
        """
        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            self._open_alone()
        finally:
            os.close(folder)

    def _open_alone(self) -> None:
        try:
            self._connect()
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):
                raise
            damaged = self.path.with_suffix(".damaged")
            print(
                f"{self.path} is damaged ({error}): moved to {damaged.name}, "
                "its scores are made again",
                file=sys.stderr,
            )
            self.path.replace(damaged)
            for ending in ("-wal", "-shm"):
                Path(f"{self.path}{ending}").unlink(missing_ok=True)
            self._connect()

    def _connect(self) -> None:
        self.connection = sqlite3.connect(self.path, timeout=WAIT_SECONDS, isolation_level=None)
        run = self.connection.execute
        run("PRAGMA journal_mode=WAL")
        run("PRAGMA synchronous=NORMAL")
        run(
            "CREATE TABLE IF NOT EXISTS scores "
            "(key BLOB PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID"
        )
        run("CREATE TABLE IF NOT EXISTS identity (text TEXT PRIMARY KEY)")
        run("INSERT OR IGNORE INTO identity VALUES (?)", [self.identity])

    def get(self, keys: Sequence[bytes]) -> dict[bytes, list[Any]]:
        """Return the values, one a stat, of those keys that are known."""
        known: list[bytes] = []
        values: list[str] = []
        distinct = list(dict.fromkeys(keys))
        for start in range(0, len(distinct), KEYS_A_QUERY):
            asked = distinct[start : start + KEYS_A_QUERY]
            marks = ",".join("?" * len(asked))
            query = f"SELECT key, value FROM scores WHERE key IN ({marks})"
            for key, value in self.connection.execute(query, asked):
                known.append(key)
                values.append(value)
        # one parse for all is several times as fast as one for each
        return dict(zip(known, json.loads(f"[{','.join(values)}]"), strict=True))

    def put(self, scores: dict[bytes, list[Any]]) -> None:
        """Add scores in one transaction; a key that another process added first keeps its value."""
        rows = [(key, json.dumps(values, separators=(",", ":"))) for key, values in scores.items()]
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            self.connection.executemany("INSERT OR IGNORE INTO scores VALUES (?, ?)", rows)
            self.connection.execute("COMMIT")
        except BaseException:
            self.connection.execute("ROLLBACK")
            raise

    def close(self) -> None:
        self.connection.close()
