"""The marks of all people, while one of them marks on the page."""

from __future__ import annotations

import dataclasses
import getpass
import json
import re
import subprocess
import threading
from pathlib import Path

from bettersynth.data.tables.marks import (
    DISPUTED,
    FOLDER,
    VERDICTS,
    ByPerson,
    Mark,
    read_marks,
    write_marks,
)


class Marks:
    """All people's marks, by person and by the pair's id; `me` is who marks now."""

    def __init__(self, me: str, folder: Path = FOLDER):
        """Read what is there.

        Raises:
            UserError: a line is no mark.
        """
        self.me = me
        self.folder = folder
        self._lock = threading.Lock()
        self.by_person: ByPerson = {me: {}, **read_marks(folder)}

    def set(self, mark: Mark) -> None:
        """Keep a mark of `me` in the file; an empty one takes it away."""
        with self._lock:
            own = dict(self.by_person[self.me])
            own.pop(mark.id, None)
            if not mark.empty:
                own[mark.id] = mark
            write_marks(self.folder / f"{self.me}.jsonl", own)
            self.by_person[self.me] = own

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


def person(name: str = "") -> str:
    """Return a name that a file can have: the one given, git's, or the machine's user's."""
    if not name:
        command = ["git", "config", "user.name"]
        name = subprocess.run(command, check=False, capture_output=True, text=True).stdout
    plain = re.sub(r"\W+", "-", name.strip().lower()).strip("-")
    return plain[:40] or getpass.getuser()
