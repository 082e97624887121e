"""The marks of all people, while one of them marks on the page.

The files are the truth: another process may mark for the same person, and `git pull` brings marks.
"""

from __future__ import annotations

import contextlib
import dataclasses
import fcntl
import getpass
import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

from bettersynth.data.files.scratch import scratch_folder
from bettersynth.data.tables.marks import (
    DISPUTED,
    FOLDER,
    VERDICTS,
    ByPerson,
    Mark,
    read_marks,
    write_marks,
)


class NotKept(Exception):
    """The disk does not take a mark; the message says why."""


class Marks:
    """All people's marks, by person and by the pair's id; `me` is who marks now."""

    def __init__(self, me: str, folder: Path = FOLDER):
        """Read what is there.

        Raises:
            UserError: a line is no mark.
        """
        self.me = me
        self.folder = folder
        self.by_person: ByPerson = {me: {}, **read_marks(folder)}

    def set(self, mark: Mark) -> None:
        """Keep a mark of `me` in the file; an empty one takes it away.

        All files are read again, so that what others wrote meanwhile stays, and is known from here
        on.

        Raises:
            NotKept: a file can't be read or written.
            UserError: a line of a file is no mark any more.
        """
        file = self.folder / f"{self.me}.jsonl"
        try:
            with _alone(self.me):
                by_person = {self.me: {}, **read_marks(self.folder)}
                own = by_person[self.me]
                own.pop(mark.id, None)
                if not mark.empty:
                    own[mark.id] = mark
                write_marks(file, own)
                self.by_person = by_person
        except OSError as error:
            # a full disk's error names no file, that of a renaming two
            place = error.filename2 or error.filename or file
            raise NotKept(f"the mark is not kept: {error.strerror}: {place}") from None

    def of(self, sample: str) -> dict[str, Mark]:
        """Return what each person says of a pair."""
        return {name: own[sample] for name, own in self.by_person.items() if sample in own}

    def of_all(self) -> set[str]:
        """Return the ids of all pairs with a mark."""
        return set().union(*self.by_person.values())

    def with_mark(self, word: str) -> set[str]:
        """Return the ids of pairs that somebody marked `word`: good, bad, or a tag.

        "disputed" are those that one calls good and another bad.
        """
        if word == DISPUTED:
            return self.with_mark("good") & self.with_mark("bad")
        ids: set[str] = set()
        for own in self.by_person.values():
            ids |= {mark.id for mark in own.values() if word == mark.mark or word in mark.tags}
        return ids

    def counts(self) -> dict[str, int]:
        """Return how many pairs have each mark or tag."""
        words = set()
        for own in self.by_person.values():
            for mark in own.values():
                words |= {mark.mark, *mark.tags} - {""}
        named = [*VERDICTS, DISPUTED, *sorted(words - set(VERDICTS))]
        return {word: len(self.with_mark(word)) for word in named}

    def exported(self) -> str:
        """Return every mark as jsonl, with who gave it."""
        lines: list[str] = []
        for name, own in sorted(self.by_person.items()):
            for sample in sorted(own):
                record = {**dataclasses.asdict(own[sample]), "by": name}
                lines.append(json.dumps(record, ensure_ascii=False) + "\n")
        return "".join(lines)


@contextlib.contextmanager
def _alone(me: str) -> Iterator[None]:
    """Wait until no other process or thread changes the marks of `me`."""
    # beside the marks it would be put into git with them
    with open(scratch_folder("marks") / f"{me}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def person(name: str = "") -> str:
    """Return a name that a file can have: the one given, git's, or the machine's user's."""
    if not name:
        command = ["git", "config", "user.name"]
        name = subprocess.run(command, check=False, capture_output=True, text=True).stdout
    plain = re.sub(r"\W+", "-", name.strip().lower()).strip("-")
    return plain[:40] or getpass.getuser()
