"""Rules that are measured on the way, while another rule has the picture decoded.

Each has its own column of the score cache, where its own stage finds the values: the cache never
decides a result, it only spares the second decoding. Carried are operators that read pictures alone
and ask no model, so that a value depends on its sample and on nothing measured beside it. What such
a rule raises stops the carrying of that rule and nothing else: its own stage tells it.
"""

from __future__ import annotations

import contextlib
import dataclasses
import fcntl
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from types import ModuleType
from typing import Any, NamedTuple, TextIO

from PIL import Image

from bettersynth.data.files.code_digest import FOLDER, code_files
from bettersynth.data.samples.batch import BadSample, Batch, Images, UnreadableImage
from bettersynth.errors import UserError
from bettersynth.measuring.measured import Measured, measure_good
from bettersynth.measuring.score_cache import ScoreColumn

Rows = dict[int, list[Any]]
"""The values of a sample, one a stat, by its position in the batch."""


@dataclass(frozen=True)
class CarriedRule:
    """An operator and its measuring settings."""

    operator: ModuleType
    settings: Any


class Carrying(NamedTuple):
    """What came of a batch: its own rule's values, and the rows of each carried rule."""

    measured: Measured
    carried: Sequence[Rows] = ()


def can_be_carried(operator: ModuleType, reads: Sequence[str]) -> bool:
    """Whether a rule of this operator may be carried; `reads` is what its values depend on."""
    if tuple(reads) != ("images",) or not operator.CACHED:
        return False
    # what asks a model does so in batches, on which the last bits of a value depend
    files = code_files(operator.__name__)
    return not any(path.is_relative_to(FOLDER / "measuring" / "models") for path in files)


def measure_carrying(
    operator: ModuleType,
    settings: Any,
    batch: Batch,
    rules: Sequence[CarriedRule] = (),
    wanted: Sequence[AbstractSet[int]] = (),
) -> Carrying:
    """Return what `measure_good` does, and the rows of each rule, of the samples it is wanted for.

    `wanted` holds positions, a set a rule. A sample that is not decoded has no row.
    """
    if not any(wanted):
        return Carrying(measure_good(operator, settings, batch))
    way = _OnTheWay(batch, rules, wanted)
    return Carrying(measure_good(operator, settings, way.batch), way.rows)


class _WatchedImages(Images):
    """The same pictures; `decoded` is told of each when it has been decoded."""

    def __init__(self, images: Images, decoded: Callable[[str], None]):
        super().__init__(images.read, images.facts, images.as_data_juicer, images.size_bytes)
        self.decoded = decoded

    def picture(self, name: str) -> Image.Image:
        """As `Images.picture`."""
        is_new = name not in self._pictures
        picture = super().picture(name)
        if is_new:
            self.decoded(name)
        return picture


class _OnTheWay:
    """Measures a sample with every rule as soon as all its pictures have been decoded."""

    def __init__(
        self, batch: Batch, rules: Sequence[CarriedRule], wanted: Sequence[AbstractSet[int]]
    ):
        self.batch = dataclasses.replace(
            batch, pictures=_WatchedImages(batch.pictures, self._decoded)
        )
        self.rules = rules
        self.wanted = wanted
        self.rows: list[Rows] = [{} for _ in rules]
        self.failed: set[int] = set()
        # of each sample the pictures that are not decoded yet, and of each picture its samples
        self.awaited: dict[int, set[str]] = {}
        self.showing: dict[str, list[int]] = {}
        for position in sorted(set().union(*wanted)):
            self.awaited[position] = set(batch.images[position])
            for name in self.awaited[position]:
                self.showing.setdefault(name, []).append(position)

    def _decoded(self, name: str) -> None:
        # a picture that is decoded again has no sample left to measure
        for position in self.showing.pop(name, ()):
            self.awaited[position].discard(name)
            if not self.awaited[position]:
                self._measure(position)

    def _measure(self, position: int) -> None:
        alone = self.batch.take([position])
        for number, rule in enumerate(self.rules):
            if number in self.failed or position not in self.wanted[number]:
                continue
            try:
                values = rule.operator.measure(alone, rule.settings)
            except (UnreadableImage, BadSample):
                continue
            # whatever it is: the rule's own stage ends with it, and no other one
            except Exception:
                self.failed.add(number)
                continue
            row = [values[stat][0] for stat in rule.operator.STATS if stat in values]
            self.rows[number][position] = row


@dataclass
class CarriedColumn:
    """A rule, its column, and how many values of it were made on the way."""

    rule: CarriedRule
    column: ScoreColumn
    made: int = 0


class Carried:
    """The rules that one stage carries, for the samples that their columns do not know."""

    def __init__(self, columns: Sequence[CarriedColumn], keys: Sequence[bytes]):
        """`keys` are the content keys of the samples' pictures, by position; b"" for none."""
        self.columns = columns
        self.keys = keys
        self.missing: list[set[bytes]] = []
        distinct = {key for key in keys if key} if columns else set()
        for carried in columns:
            self.missing.append(distinct - carried.column.get(list(distinct)).keys())
        self.rules = tuple(carried.rule for carried in columns)

    def wanted(self, group: Sequence[int]) -> list[frozenset[int]]:
        """Return for each rule the places in `group`, positions of samples, that it is wanted for.

        Each key is given out once. A rule whose own stage is at work is wanted no more.
        """
        wanted = []
        for carried, missing in zip(self.columns, self.missing, strict=True):
            if missing and is_at_work(carried.column):
                missing.clear()
            places = set()
            for place, position in enumerate(group):
                if self.keys[position] in missing:
                    missing.discard(self.keys[position])
                    places.add(place)
            wanted.append(frozenset(places))
        return wanted

    def keep(self, group: Sequence[int], rows: Sequence[Rows]) -> None:
        """Add what was made on the way of `group` to the columns."""
        for carried, of_rule in zip(self.columns, rows, strict=False):
            # a full disk ends the stage by its own values, or that of the rule
            with contextlib.suppress(UserError):
                carried.column.put({self.keys[group[at]]: row for at, row in of_rule.items()})
                carried.made += len(of_rule)


@contextlib.contextmanager
def at_work(column: ScoreColumn) -> Iterator[None]:
    """Say while the block runs that a rule's own stage measures: nobody else carries it then."""
    with _held(column, ".lock"):
        yield


def is_at_work(column: ScoreColumn) -> bool:
    """Whether a rule's own stage measures now, in this or another process."""
    with _held(column, ".lock") as free:
        return not free


@contextlib.contextmanager
def carrying(column: ScoreColumn) -> Iterator[bool]:
    """Yield whether the block may carry a rule: no other stage does so meanwhile."""
    with _held(column, ".carried") as free:
        yield free


@contextlib.contextmanager
def _held(column: ScoreColumn, ending: str) -> Iterator[bool]:
    """Hold a lock beside a column, if it is free; yield whether it was. It is not waited for."""
    stream: TextIO | None = None
    try:
        stream = open(column.path.with_suffix(ending), "w")
        # the system frees the lock of a process that dies
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        free = True
    except OSError:
        # held by another, or a folder that may not be written
        free = False
    try:
        yield free
    finally:
        if stream is not None:
            stream.close()
