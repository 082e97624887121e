"""What the page shows while a bound of the recipe moves: who is left, who stands at the edge."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from bettersynth.errors import UserError
from bettersynth.experiments.browse.command import moved_command
from bettersynth.experiments.browse.histogram import bin_edges, counted
from bettersynth.experiments.browse.marks import Marks
from bettersynth.experiments.browse.pairs import Pairs
from bettersynth.recipes.bounds import number_of_bound
from bettersynth.recipes.lines import Line
from bettersynth.recipes.moved_bounds import Moves, Survival
from bettersynth.recipes.refine import ends_of

# pairs shown on either side of a bound
AT_EDGE = 6
# rows whose distances say how near the nearest ones are at least
EVEN_PART = 50_000


@dataclasses.dataclass(frozen=True)
class Truth:
    """Which pairs are known to be faulty, from `source`: bool `[rows]` each."""

    source: str
    known: np.ndarray
    faulty: np.ndarray


class Bounds:
    """A recipe whose bounds can be moved."""

    def __init__(self, pairs: Pairs, marks: Marks):
        """Read the values that the recipe decides on.

        Raises:
            UserError: no bounds can be moved here, a stage has not measured yet, or whatever is
                wrong with the recipe.
        """
        if pairs.recipe is None:
            raise UserError(
                "bounds move in the workspace alone: "
                f"`dvc exp apply {pairs.name}`, then `bettersynth browse`"
            )
        self._pairs = pairs
        self._marks = marks
        self.recipe = pairs.recipe()
        self._now = self.recipe.survival(self.recipe.lines)
        self._planted: Truth | None = None
        if pairs.planted is not None:
            everywhere = np.ones(len(pairs), dtype=bool)
            self._planted = Truth("planted mismatches", everywhere, pairs.planted)
        # the marks change seldom, the bounds all the time
        self._marked: Truth | None = None
        self._marked_ids: tuple[set[str], set[str]] = (set(), set())

    def described(self) -> dict[str, Any]:
        """Return every line with its bounds, and the counts as they are."""
        lines: list[dict[str, Any]] = []
        for line in self.recipe.lines:
            columns = _columns_of_ends(line)
            ends = [self._end(line, setting, stat) for setting, stat in columns.items()]
            lines.append({"label": line.label, "bounds": line.bounds, "ends": ends})
        return {"rows": len(self._pairs), "lines": lines, "answer": self.answer({}, "", "")}

    def _end(self, line: Line, setting: str, stat: str) -> dict[str, Any]:
        """Return one end of a range: its value now, and what the data's values span."""
        now = number_of_bound(line.deciding, setting)
        low = high = None
        whole = False
        spanned = self._pairs.ends(stat) if stat in self._pairs.columns else None
        if spanned is not None:
            low, high = spanned
            numbers = self._pairs.numbers(stat)
            finite = numbers[np.isfinite(numbers)]
            whole = bool(np.all(finite == np.round(finite)))
        return {
            "setting": setting,
            "stat": stat,
            "now": now if math.isfinite(now) else None,
            "low": low,
            "high": high,
            "whole": whole,
        }

    def answer(self, moves: Mapping[tuple[str, str], Any], label: str, setting: str) -> Any:
        """Return what is left with bounds moved, and the data around the bound that is looked at.

        `label` and `setting` name that bound; "" for none.

        Raises:
            UserError: a bound that is not there, or a value that it can't have.
        """
        typed = self._typed(moves)
        lines = self.recipe.moved(typed) if typed else self.recipe.lines
        moved = self.recipe.survival(lines)
        truths = self._truths()
        # what the histogram and the lines show
        truth = truths[0] if truths else None
        answer: dict[str, Any] = {
            "lines": self._counts(lines, moved, truth),
            "kept": [_count(self._now.kept), _count(moved.kept)],
            "quality": [[_quality(self._now, known), _quality(moved, known)] for known in truths],
            "command": moved_command(self.recipe, typed),
        }
        if label:
            answer["bound"] = self._around(lines, moved, label, setting, truth)
        return answer

    def _typed(self, moves: Mapping[tuple[str, str], Any]) -> Moves:
        """Return moves with values of the settings' own kinds: sizes in bytes are text.

        Raises:
            UserError: a value that is no finite number.
        """
        typed: dict[tuple[str, str], Any] = {}
        for (label, setting), value in moves.items():
            line = self.recipe.lines[self.recipe.position(label)]
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise UserError(f"{label}: {setting} is {value!r}; a bound must be a number")
            if isinstance(value, float) and not math.isfinite(value):
                raise UserError(f"{label}: {setting} is {value}; a bound must be finite")
            now = getattr(line.deciding, setting, None)
            typed[label, setting] = str(round(value)) if isinstance(now, str) else value
        return typed

    def _truths(self) -> list[Truth]:
        """Return which pairs are faulty: the planted ones, and those that people marked so."""
        truths = [] if self._planted is None else [self._planted]
        ids = self._marks.with_mark("good"), self._marks.with_mark("bad")
        if ids != self._marked_ids:
            self._marked = _marked(*map(self._pairs.flags_of, ids))
            self._marked_ids = ids
        return truths if self._marked is None else [*truths, self._marked]

    def _counts(
        self, lines: list[Line], moved: Survival, truth: Truth | None
    ) -> list[dict[str, Any]]:
        counts: list[dict[str, Any]] = []
        reaching = _count(moved.reaches(0))
        for position, line in enumerate(lines):
            left = moved.surviving[line.label]
            entry: dict[str, Any] = {
                "label": line.label,
                "bounds": line.bounds,
                "before": self._now.surviving[line.label],
                "left": left,
                "dropped": reaching - left,
            }
            reaching = left
            if truth:
                faulty = moved.dropped_by(position) & truth.faulty & truth.known
                entry["faulty_dropped"] = _count(faulty)
            counts.append(entry)
        return counts

    def _around(
        self, lines: list[Line], moved: Survival, label: str, setting: str, truth: Truth | None
    ) -> dict[str, Any] | None:
        """Return the histogram of what the bound is about and the pairs on either side of it.

        Only pairs that reach the line count. None where the stat is not among the columns.
        """
        position = self.recipe.position(label)
        line = lines[position]
        stats = _columns_of_ends(line)
        if setting not in stats:
            raise UserError(f"{label} has no bound {setting}; its bounds: {', '.join(stats)}")
        if stats[setting] not in self._pairs.columns:
            return None
        numbers = self._pairs.numbers(stats[setting])
        bound = number_of_bound(line.deciding, setting)
        reaching = moved.reaches(position) & np.isfinite(numbers)
        values = numbers[reaching]
        edges = bin_edges(values, bound)
        everyone = counted(values, edges)
        faulty = counted(numbers[reaching & truth.faulty], edges) if truth else None
        distance = np.abs(numbers - bound)
        keeps = self.recipe.keeps_alone(line)
        return {
            "stat": stats[setting],
            "value": bound if math.isfinite(bound) else None,
            "edges": edges.tolist(),
            "good": (everyone - faulty if truth else everyone).tolist(),
            "faulty": faulty.tolist() if truth else None,
            "kept": _nearest(distance, reaching & keeps),
            "dropped": _nearest(distance, reaching & ~keeps),
        }


def _columns_of_ends(line: Line) -> dict[str, str]:
    """Return the column that each end of a line's range is about, by setting."""
    return {end.setting: end.stat + line.suffix for end in ends_of(line)}


def _nearest(distance: np.ndarray, among: np.ndarray) -> list[int]:
    """Return the rows among those flagged that are nearest to the bound.

    `distance` float64 `[rows]` is infinite everywhere where there is no bound.
    """
    # The nearest of an even part cut most of the others off: of millions, even their places are
    # long lists.
    every = 1 + len(distance) // EVEN_PART
    part = distance[::every][among[::every]]
    if len(part) > AT_EDGE:
        among = among & (distance <= np.partition(part, AT_EDGE)[AT_EDGE])
    rows = np.flatnonzero(among)
    if not len(rows) or math.isinf(distance[rows[0]]):
        return []
    own = distance[rows]
    if len(rows) > AT_EDGE:
        nearest = np.argpartition(own, AT_EDGE)[:AT_EDGE]
        rows = rows[nearest]
        own = own[nearest]
    return rows[np.lexsort((rows, own))].tolist()


def _count(flags: np.ndarray) -> int:
    """Return how many of the flags are set: five times as fast as their sum."""
    return int(np.count_nonzero(flags))


def _marked(good: np.ndarray, bad: np.ndarray) -> Truth | None:
    """Return what marks say, from bool `[rows]` each; None unless there are marks of both kinds."""
    if not (good.any() and bad.any()):
        return None
    # of a disputed pair nothing is known
    return Truth("pairs marked bad", good ^ bad, bad)


def _quality(survival: Survival, truth: Truth) -> dict[str, Any]:
    """Return how well the recipe finds the faulty pairs: what it drops is what it calls faulty."""
    flags = ~survival.kept & truth.known
    dropped = _count(flags)
    found = _count(flags & truth.faulty)
    faulty = _count(truth.faulty & truth.known)
    return {
        "by": truth.source,
        "faulty": faulty,
        "found": found,
        "dropped": dropped,
        "precision": found / dropped if dropped else None,
        "recall": found / faulty if faulty else None,
    }
