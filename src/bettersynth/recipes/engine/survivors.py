"""What is printed while a recipe runs: the rows left after each line, and those it let pass."""

from __future__ import annotations

import collections
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bettersynth.measuring.protocols import Values
from bettersynth.recipes.engine.passes import Done, Dropped
from bettersynth.recipes.lines import Line

# of a value in a message
SHOWN_CHARACTERS = 80


@dataclass
class Lack:
    """How many rows lack what a line reads, and where the first of them stands."""

    first: str
    rows: int = 0


@dataclass
class Survivors:
    """The counts of one pass, by the position of each line in the recipe."""

    lines: Sequence[Line]
    # In the order in which the lines ran
    left: collections.Counter[int] = field(default_factory=collections.Counter)
    lacking: dict[int, dict[str, Lack]] = field(default_factory=dict)
    # the last of each line
    dropped: dict[int, tuple[Path, Dropped]] = field(default_factory=dict)

    def add(self, dataset: Path, done: Done) -> None:
        """Add what a chunk of a data set came to."""
        self.left.update(done.left)
        for position, by_what in done.lacking.items():
            of_line = self.lacking.setdefault(position, {})
            for what, numbers in by_what.items():
                lack = of_line.setdefault(what, Lack(f"{dataset} line {numbers[0]}"))
                lack.rows += len(numbers)
        for position, dropped in done.dropped.items():
            self.dropped[position] = (dataset, dropped)

    def print_left(self, positions: Sequence[int]) -> None:
        """Print the rows left after each of the lines at `positions` that decides row by row."""
        counted = [position for position in positions if not self.lines[position].sees_all]
        if list(self.left) not in ([], counted):
            print("          cheap filters first (cheap_first: false keeps the recipe's order)")
        for position in list(self.left) or counted:
            self.print_line(position, self.left[position])

    def print_line(self, position: int, rows: int) -> None:
        """Print the rows that one line left, and how many of them lacked what it reads."""
        words: list[str] = []
        for what, lack in self.lacking.get(position, {}).items():
            noun = "row" if lack.rows == 1 else "rows"
            words.append(f"{lack.rows:,} {noun} {what}, the first {lack.first}")
        remark = f" ({'; '.join(words)})" if words else ""
        print(f"{rows:>9,} after {self.lines[position].label}{remark}")

    def warn_if_none(self, before: int) -> None:
        """Say on stderr which line dropped the last of `before` rows and why, if one did."""
        for position, rows in self.left.items():
            if not rows and before:
                self.warn(position, before)
                return
            before = rows

    def warn(self, position: int, before: int) -> None:
        """Say that a line left none of `before` rows, with the values of one where it has any."""
        line = self.lines[position]
        bounds = f" ({line.bounds})" if line.bounds else ""
        did = "dropped" if line.sees_all else "set aside"
        example = ""
        if position in self.dropped:
            dataset, (number, values) = self.dropped[position]
            did, example = "dropped", f", such as {dataset} line {number} with {values}"
        print(
            f"warning: no row is left: {line.label}{bounds} {did} the last {before:,}{example}",
            file=sys.stderr,
        )


def in_words(values: Values, row: int) -> str:
    """Return what was measured of a row, for a message."""
    words: list[str] = []
    for name, column in values.items():
        words.append(f"{name} {str(column[row])[:SHOWN_CHARACTERS]}")
    return ", ".join(words)
