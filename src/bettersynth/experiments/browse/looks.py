"""What the page can ask: of columns, of rows, of one pair, of moved bounds, of points."""

from __future__ import annotations

import collections
import dataclasses
import functools
import threading
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bettersynth.data.tables.marks import Mark
from bettersynth.errors import UserError
from bettersynth.experiments.browse.bounds import Bounds
from bettersynth.experiments.browse.column_kinds import describe
from bettersynth.experiments.browse.embedding_map import AXES, embedding_map, has_map
from bettersynth.experiments.browse.marks import Marks
from bettersynth.experiments.browse.pairs import Pairs
from bettersynth.experiments.browse.pictures import Pictures
from bettersynth.experiments.browse.query import read_query, rows_of_any_mark, with_mark
from bettersynth.experiments.history.data_difference import evenly

# of one answer
MOST_ROWS = 200
# of a scatter; more are thinned evenly
MOST_POINTS = 20_000
# queries whose rows are kept while the page scrolls
REMEMBERED = 8


class Looks:
    """One experiment's pairs, as the page looks at them."""

    def __init__(self, pairs: Pairs, marks: Marks):
        # a recipe's own data set has no features
        if "image_sha256" in pairs.pool.column_names and has_map():
            for axis in AXES:
                pairs.late[axis] = functools.partial(embedding_map, pairs)
        self.pairs = pairs
        self.marks = marks
        self.pictures = Pictures(pairs)
        self._bounds: Bounds | None = None
        self._lock = threading.Lock()
        self._found: collections.OrderedDict[str, np.ndarray] = collections.OrderedDict()

    def about(self) -> dict[str, Any]:
        """Return what the page must know first: the columns, their choices, the marks."""
        return {
            "name": self.pairs.name,
            "rows": len(self.pairs),
            "columns": describe(self.pairs),
            "marks": self.marks.counts(),
            "me": self.marks.me,
        }

    def rows(self, query: str, after: int | None, count: int) -> dict[str, Any]:
        """Return how many pairs a query finds, and `count` of them: the first, or the next ones
        after the row `after`. `left` says how many come after those.

        A mark may take pairs that the page already shows out of what is found, `after` too: a
        count of them would not say where to go on.

        Raises:
            UserError: it is no query, or it finds no such row with any mark.
        """
        mark = read_query(query).mark
        rows = self._rows_of_any_mark(query)
        total = len(with_mark(self.pairs, self.marks, mark, rows))
        if after is not None:
            place = np.flatnonzero(rows == after)
            if not len(place):
                raise UserError(f"after is {after}; the query finds no such row")
            rows = rows[place[0] + 1 :]
        following = with_mark(self.pairs, self.marks, mark, rows)
        shown = following[: min(count, MOST_ROWS)]
        left = len(following) - len(shown)
        return {"total": total, "left": left, "pairs": self.shown(shown)}

    def _rows_of_any_mark(self, text: str) -> np.ndarray:
        """Return the rows of a query, whatever marks they have; remembered."""
        with self._lock:
            if text not in self._found:
                self._found[text] = rows_of_any_mark(self.pairs, read_query(text))
                while len(self._found) > REMEMBERED:
                    self._found.popitem(last=False)
            return self._found[text]

    def shown(self, rows: Any) -> list[dict[str, Any]]:
        """Return pairs as the page shows them: every column, new captions, marks."""
        positions = pa.array(np.asarray(rows, dtype=np.int64))
        picked = {name: column.take(positions) for name, column in list(self.pairs.columns.items())}
        values = pa.table(picked).to_pylist()
        images = self.pairs.pool["images"].take(positions).to_pylist()
        new = self._new_captions([value["id"] for value in values])
        shown: list[dict[str, Any]] = []
        for row, value, names in zip(positions.to_pylist(), values, images, strict=True):
            sample = value["id"]
            shown.append(
                {
                    "row": row,
                    "values": value,
                    "pictures": len(names or []),
                    "new": new.get(sample, []),
                    "marks": self._marks_of(sample),
                }
            )
        return shown

    def _new_captions(self, ids: list[str]) -> dict[str, list[dict[str, Any]]]:
        made = self.pairs.candidates
        if made is None:
            return {}
        own = made.filter(pc.is_in(made["id"], pa.array(ids, pa.string())))
        captions: dict[str, list[dict[str, Any]]] = {}
        for caption in own.to_pylist():
            captions.setdefault(caption.pop("id"), []).append(caption)
        return captions

    def _marks_of(self, sample: str) -> dict[str, Any]:
        return {name: dataclasses.asdict(mark) for name, mark in self.marks.of(sample).items()}

    def pair(self, row: int) -> dict[str, Any]:
        """Return one pair with its whole history in words.

        Raises:
            UserError: there is no such row.
        """
        if row >= len(self.pairs):
            raise UserError(f"there is no pair {row}; there are {len(self.pairs):,}")
        (shown,) = self.shown([row])
        return {**shown, "history": self.pairs.history(row)}

    def moved(self, moves: Any, label: str, setting: str) -> dict[str, Any]:
        """Return what is left with bounds moved; without moves, all lines and bounds too.

        `moves` is a list of `[label, setting, value]`.

        Raises:
            UserError: as `Bounds`, or `Bounds.answer`.
        """
        with self._lock:
            if self._bounds is None:
                self._bounds = Bounds(self.pairs, self.marks)
            if not label:
                return self._bounds.described()
            answer = self._bounds.answer(_moves(moves), label, setting)
        bound = answer["bound"]
        if bound:
            shown = self.shown([*bound["kept"], *bound["dropped"]])
            bound["dropped"] = shown[len(bound["kept"]) :]
            bound["kept"] = shown[: len(bound["kept"])]
        return answer

    def points(self, query: str, x: str, y: str) -> dict[str, Any]:
        """Return two columns of the pairs that a query finds, evenly thinned if they are many.

        Raises:
            UserError: as `rows`, or there is no such column.
        """
        mark = read_query(query).mark
        rows = with_mark(self.pairs, self.marks, mark, self._rows_of_any_mark(query))
        over = self.pairs.numbers(x)[rows]
        up = self.pairs.numbers(y)[rows]
        known = np.isfinite(over) & np.isfinite(up)
        positions = np.flatnonzero(known)
        positions = positions[evenly(len(positions), MOST_POINTS)]
        return {
            "total": int(known.sum()),
            "rows": rows[positions].tolist(),
            "x": over[positions].tolist(),
            "y": up[positions].tolist(),
            "groups": self._groups(rows[positions]),
        }

    def _groups(self, rows: np.ndarray) -> dict[str, list[bool]]:
        """Return what points can be coloured by: kept and planted, where they are known."""
        groups: dict[str, list[bool]] = {}
        for name in ("kept", "planted"):
            if name in self.pairs.columns:
                groups[name] = self.pairs.columns[name].to_numpy()[rows].tolist()
        return groups

    def mark(self, mark: Mark) -> dict[str, Any]:
        """Keep a mark of who is looking; return the pair's marks and the counts of all.

        Raises:
            UserError: the pair is not in the pool.
        """
        if not self.pairs.flags_of([mark.id]).any():
            raise UserError(f"no pair of the pool has the id {mark.id[:80]!r}")
        self.marks.set(mark)
        return {"marks": self._marks_of(mark.id), "counts": self.marks.counts()}


def _moves(moves: Any) -> dict[tuple[str, str], Any]:
    """Return the moves of a list of `[label, setting, value]`.

    Raises:
        UserError: it is another thing.
    """
    known: dict[tuple[str, str], Any] = {}
    for move in moves if isinstance(moves, list) else [moves]:
        if not (isinstance(move, list) and len(move) == 3):
            raise UserError(f"a moved bound is [label, setting, value], not {move!r}")
        known[str(move[0]), str(move[1])] = move[2]
    return known
