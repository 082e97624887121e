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
from typing import Any

from bettersynth.data.files.jsonl_rows import json_objects
from bettersynth.data.files.writing import complete_or_absent
from bettersynth.data.samples.text_form import invalid_unicode
from bettersynth.errors import UserError
from bettersynth.settings.reading import read_settings

FOLDER = Path("marks")
VERDICTS = ("good", "bad")
DISPUTED = "disputed"
"""What is said of a pair that one calls good and another bad."""
UNMARKED = "none"
"""What the page's filter calls a pair that nobody marked."""
# the page shows "none" as "unmarked"
NO_TAGS = (*VERDICTS, DISPUTED, UNMARKED, "unmarked")
MOST_TAGS = 20
# of an id, its tags and its note together
MOST_CHARACTERS = 2_000


class NoMark(UserError):
    """What somebody says of a pair can't be kept as it is."""


@dataclasses.dataclass(frozen=True)
class Mark:
    """What one person says of one pair; `mark` is "good", "bad" or "" (none of both).

    Raises:
        NoMark: another mark, a tag that means something else to the filters, too many tags, too
            long, or no valid Unicode.
    """

    id: str
    mark: str = ""
    tags: tuple[str, ...] = ()
    note: str = ""

    def __post_init__(self) -> None:
        words = " ".join((self.id, *self.tags, self.note))
        if broken := invalid_unicode(words):
            raise NoMark(f"the mark of a pair is {broken}")
        if len(words) > MOST_CHARACTERS:
            raise NoMark(f"the mark of {self.id[:40]} is too long, limit {MOST_CHARACTERS:,}")
        if self.mark not in ("", *VERDICTS):
            raise NoMark(f"the mark of {self.id} is {self.mark!r}; allowed: good, bad")
        if len(self.tags) > MOST_TAGS:
            raise NoMark(f"{self.id} has {len(self.tags)} tags, limit {MOST_TAGS}")
        for tag in self.tags:
            if tag in NO_TAGS:
                raise NoMark(f"{self.id} has the tag {tag!r}; no tag may be {', '.join(NO_TAGS)}")

    @property
    def empty(self) -> bool:
        """Whether it says nothing."""
        return not (self.mark or self.tags or self.note)


ByPerson = dict[str, dict[str, Mark]]
"""Each person's marks by the pair's id."""


def read_marks(place: Path) -> ByPerson:
    """Return the marks of a folder of people's files, or of one file; none where nothing is.

    Of a person who has a file of one's own, saved lines are passed over: they are older. Somebody
    who took all marks away has an empty file, and no marks here.

    Raises:
        UserError: a line is no mark; its file and its number are named.
    """
    files = sorted(place.glob("*.jsonl")) if place.is_dir() else [place]
    own: ByPerson = {}
    saved: ByPerson = {}
    for file in files:
        if not file.is_file():
            continue
        if not file.stat().st_size:
            own[file.stem] = {}
        for where, record in json_objects(file):
            by = record.pop("by", None)
            if not isinstance(by, str | None) or invalid_unicode(by or ""):
                raise UserError(f"{where}: by is {by!r}; it must be a name")
            mark = _read_mark(record, where)
            kind = own if by is None else saved
            kind.setdefault(by or file.stem, {})[mark.id] = mark
    return saved | own


def _read_mark(record: dict[str, Any], where: str) -> Mark:
    """Return the mark of a line found at `where`.

    Raises:
        UserError: it is none; `where` is named.
    """
    try:
        return read_settings(Mark, record, where)
    except NoMark as error:
        raise UserError(f"{where}: {error}") from None


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
