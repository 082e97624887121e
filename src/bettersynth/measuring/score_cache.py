"""Scores on disk, so that nothing is scored twice: one SQLite file for each operator, version, measuring settings and model.

A row is a content hash and the values as JSON. Rows are added in transactions, never changed: a killed process loses at most the batch it
was scoring, and any number of processes may read and write at once.
"""

from __future__ import annotations

import dataclasses
import fcntl
import hashlib
import json
import os
import sqlite3
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bettersynth.data.files.scratch import scratch_folder

LOOKUP = 500  # keys in one query
WAIT_SECONDS = 120  # for another writer's transaction


def identity_of(operator: str, version: int, settings: dict[str, Any], model: str) -> str:
    """Return the json that says whose scores a column holds."""
    return json.dumps([operator, version, settings, model], sort_keys=True)


def column_path(
    folder: Path, operator: str, version: int, settings: dict[str, Any], model: str
) -> Path:
    """Return the file of a column in the folder of the cache."""
    digest = hashlib.sha256(identity_of(operator, version, settings, model).encode()).hexdigest()[
        :16
    ]
    return folder / f"{operator}-{digest}.sqlite"


class ScoreColumn:
    """The known scores of one operator under one set of measuring settings and one model."""

    def __init__(
        self,
        operator: str,
        version: int,
        settings: Any,
        model: str = "",
        folder: Path | None = None,
    ):
        values = dataclasses.asdict(settings)
        self.identity = identity_of(operator, version, values, model)
        self.path = column_path(
            folder or scratch_folder("scores"), operator, version, values, model
        )
        self._open()

    def _open(self) -> None:
        """Open the column, one process at a time: SQLite refuses two that switch a new file to its log at once, however long they wait."""
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
                f"{self.path} is damaged ({error}): moved to {damaged.name}, its scores are made again",
                file=sys.stderr,
            )
            self.path.replace(damaged)
            for ending in ("-wal", "-shm"):
                Path(f"{self.path}{ending}").unlink(missing_ok=True)
            self._connect()

    def _connect(self) -> None:
        self.connection = sqlite3.connect(self.path, timeout=WAIT_SECONDS, isolation_level=None)
        self.connection.execute("PRAGMA journal_mode=WAL")
        self.connection.execute("PRAGMA synchronous=NORMAL")
        self.connection.execute(
            "CREATE TABLE IF NOT EXISTS scores (key BLOB PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID"
        )
        self.connection.execute("CREATE TABLE IF NOT EXISTS identity (text TEXT PRIMARY KEY)")
        self.connection.execute("INSERT OR IGNORE INTO identity VALUES (?)", [self.identity])

    def get(self, keys: Sequence[bytes]) -> dict[bytes, list[Any]]:
        """Return the values, one a stat, of those keys that are known."""
        found: list[bytes] = []
        values: list[str] = []
        distinct = list(dict.fromkeys(keys))
        for start in range(0, len(distinct), LOOKUP):
            part = distinct[start : start + LOOKUP]
            query = f"SELECT key, value FROM scores WHERE key IN ({','.join('?' * len(part))})"
            for key, value in self.connection.execute(query, part):
                found.append(key)
                values.append(value)
        return dict(zip(found, json.loads(f"[{','.join(values)}]"), strict=True))

    def put(self, scores: dict[bytes, list[Any]]) -> None:
        """Add scores in one transaction; a key that another process added first keeps its value."""
        rows = [(key, json.dumps(value, separators=(",", ":"))) for key, value in scores.items()]
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            self.connection.executemany("INSERT OR IGNORE INTO scores VALUES (?, ?)", rows)
            self.connection.execute("COMMIT")
        except BaseException:
            self.connection.execute("ROLLBACK")
            raise

    def close(self) -> None:
        self.connection.close()
