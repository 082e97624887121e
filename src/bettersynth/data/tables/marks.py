"""Marks that people give pairs: good or bad, tags, a note. One small file a person, in git.

`marks/NAME.jsonl` holds one line a pair: `{"id": ..., "mark": "bad", "tags": [...], "note": ...}`,
sorted by id. Two people write two files, so that git merges their work by itself. In a file that
`browse` saved each line also says whose it is (`by`); put into the folder it is read too.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from bettersynth.data.files.jsonl_rows import json_objects
from bettersynth.data.files.writing import complete_or_absent
from bettersynth.data.samples.text_form import invalid_unicode
from bettersynth.errors import UserError
from bettersynth.settings.reading import read_settings

FOLDER = Path("marks")
VERDICTS = ("good", "bad")
DISPUTED = "disputed"
"""What is said of a pair that one calls good and another bad."""
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


ByPerson = dict[str, dict[str, Mark]]
"""Each person's marks by the pair's id."""


def read_marks(place: Path) -> ByPerson:
    """Return the marks of a folder of people's files, or of one file; none where nothing is.

    Of a person who has a file of one's own, saved lines are passed over: they are older.

    Raises:
        UserError: a line is no mark.
    """
    files = sorted(place.glob("*.jsonl")) if place.is_dir() else [place]
    own: ByPerson = {}
    saved: ByPerson = {}
    for file in files:
        for where, record in json_objects(file) if file.is_file() else ():
            by = record.pop("by", None)
            if not isinstance(by, str | None):
                raise UserError(f"{where}: by is {by!r}; it must be a name")
            mark = read_settings(Mark, record, where)
            kind = own if by is None else saved
            kind.setdefault(by or file.stem, {})[mark.id] = mark
    return saved | own


def write_marks(file: Path, marks: Mapping[str, Mark]) -> None:
    """Write one person's marks."""
    with complete_or_absent(file) as temporary:
        with open(temporary, "w", encoding="utf-8") as stream:
            for sample in sorted(marks):
                record = dataclasses.asdict(marks[sample])
                stream.write(json.dumps(record, ensure_ascii=False) + "\n")


def words_of(marks: Iterable[Mark]) -> list[str]:
    """Return what several people say of one pair, sorted: marks, tags, and `disputed`."""
    words: set[str] = set()
    for mark in marks:
        words |= {mark.mark, *mark.tags} - {""}
    if words >= set(VERDICTS):
        words.add(DISPUTED)
    return sorted(words)
