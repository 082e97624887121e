"""Marks that people give pairs: good or bad, tags, a note. One small file a person, in git.

`marks/NAME.jsonl` holds one line a pair: `{"id": ..., "mark": "bad", "tags": [...], "note": ...}`,
sorted by id. Two people write two files, so that git merges their work by itself.
"""

from __future__ import annotations

import dataclasses
import getpass
import json
import re
import subprocess
import threading
from pathlib import Path

from bettersynth.data.files.jsonl_rows import json_objects
from bettersynth.data.files.writing import complete_or_absent
from bettersynth.data.samples.text_form import invalid_unicode
from bettersynth.errors import UserError
from bettersynth.settings.reading import read_settings

FOLDER = Path("marks")
VERDICTS = ("good", "bad")
MOST_TAGS = 20
# of an id, its tags and its note together
MOST_CHARACTERS = 2_000


@dataclasses.dataclass(frozen=True)
class Mark:
    """What one person says of one pair; `mark` is "good", "bad" or "" (none of both)."""

    id: str
    mark: str = ""
    tags: tuple[str, ...] = ()
    note: str = ""

    def __post_init__(self) -> None:
        if self.mark not in ("", *VERDICTS):
            raise UserError(f"the mark of {self.id} is {self.mark!r}; allowed: good, bad")
        if len(self.tags) > MOST_TAGS:
            raise UserError(f"{self.id} has {len(self.tags)} tags, limit {MOST_TAGS}")
        words = " ".join((self.id, *self.tags, self.note))
        if len(words) > MOST_CHARACTERS:
            raise UserError(f"the mark of {self.id[:40]} is too long, limit {MOST_CHARACTERS:,}")
        if broken := invalid_unicode(words):
            raise UserError(f"the mark of a pair is {broken}")

    @property
    def empty(self) -> bool:
        """Whether it says nothing."""
        return not (self.mark or self.tags or self.note)


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
        self.by_person: dict[str, dict[str, Mark]] = {me: {}}
        for path in sorted(folder.glob("*.jsonl")):
            self.by_person[path.stem] = _read(path)

    def set(self, mark: Mark) -> None:
        """Keep a mark of `me` in the file; an empty one takes it away."""
        with self._lock:
            own = dict(self.by_person[self.me])
            own.pop(mark.id, None)
            if not mark.empty:
                own[mark.id] = mark
            _write(self.folder / f"{self.me}.jsonl", own)
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
        if word == "disputed":
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
        named = [*VERDICTS, "disputed", *sorted(words - set(VERDICTS))]
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


def _read(path: Path) -> dict[str, Mark]:
    marks: dict[str, Mark] = {}
    for place, record in json_objects(path):
        mark = read_settings(Mark, record, place)
        marks[mark.id] = mark
    return marks


def _write(path: Path, marks: dict[str, Mark]) -> None:
    with complete_or_absent(path) as temporary:
        with open(temporary, "w", encoding="utf-8") as stream:
            for sample in sorted(marks):
                record = dataclasses.asdict(marks[sample])
                stream.write(json.dumps(record, ensure_ascii=False) + "\n")
