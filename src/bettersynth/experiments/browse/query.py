"""Which pairs are asked for, and in which order: one JSON object, as the page sends it."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as kinds

from bettersynth.data.tables.marks import UNMARKED
from bettersynth.errors import UserError
from bettersynth.experiments.browse.asked import parse_asked
from bettersynth.experiments.browse.lasso import Lasso, inside
from bettersynth.experiments.browse.marks import Marks
from bettersynth.experiments.browse.pairs import Pairs
from bettersynth.settings.reading import read_settings

# of a query; a lasso of 500 corners has 15,000
MOST_CHARACTERS = 20_000


@dataclasses.dataclass(frozen=True)
class Query:
    """`chosen` holds the allowed values of columns, `between` the ends of numbers (None: open).

    `text` is looked for in ids, captions and new captions, `holds` in one column each; case does
    not count. `sort` names a column, "" for the pool's order. `mark` is a mark or tag that somebody
    gave, "none" where nobody gave any.
    """

    text: str = ""
    chosen: dict[str, list[Any]] = dataclasses.field(default_factory=dict)
    between: dict[str, list[float | None]] = dataclasses.field(default_factory=dict)
    holds: dict[str, str] = dataclasses.field(default_factory=dict)
    within: Lasso | None = None
    mark: str = ""
    sort: str = ""
    descending: bool = False


def read_query(text: str) -> Query:
    """Return the query that the page sent.

    Raises:
        UserError: it is none.
    """
    if len(text) > MOST_CHARACTERS:
        raise UserError(f"the query has {len(text):,} characters, limit {MOST_CHARACTERS:,}")
    query = read_settings(Query, parse_asked(text or "{}", "the query"), "the query")
    for name, ends in query.between.items():
        if len(ends) != 2:
            raise UserError(f"the query's between.{name} must be two ends, not {ends!r}")
    return query


def found_rows(pairs: Pairs, marks: Marks, query: Query) -> np.ndarray:
    """Return the rows that are asked for, int64 `[found]`, in the order asked for.

    Raises:
        UserError: the query names a column that is not there.
    """
    return with_mark(pairs, marks, query.mark, rows_of_any_mark(pairs, query))


def with_mark(pairs: Pairs, marks: Marks, mark: str, rows: np.ndarray) -> np.ndarray:
    """Return those of the rows, int64 `[rows]`, that a query's `mark` asks for, in their order."""
    if not mark:
        return rows
    if mark == UNMARKED:
        return rows[~pairs.flags_of(marks.of_all())[rows]]
    return rows[pairs.flags_of(marks.with_mark(mark))[rows]]


def rows_of_any_mark(pairs: Pairs, query: Query) -> np.ndarray:
    """Return the rows that are asked for, int64 `[found]`, whatever marks the pairs have.

    Raises:
        UserError: as `found_rows`.
    """
    wanted = np.ones(len(pairs), dtype=bool)
    if query.text:
        wanted &= _holding(pairs, query.text)
    for name, allowed in query.chosen.items():
        wanted &= _among(pairs.column(name), allowed)
    for name, (low, high) in query.between.items():
        numbers = pairs.numbers(name)
        if low is not None:
            wanted &= numbers >= low
        if high is not None:
            wanted &= numbers <= high
    for name, words in query.holds.items():
        wanted &= _matches(_texts(pairs, name), words)
    if query.within:
        x = pairs.numbers(query.within.x)
        y = pairs.numbers(query.within.y)
        wanted &= inside(x, y, query.within.polygon)
    if not query.sort:
        return np.flatnonzero(wanted)
    order = _order(pairs, query.sort, query.descending)
    return order[wanted[order]]


def _holding(pairs: Pairs, text: str) -> np.ndarray:
    """Return which pairs hold `text` in their id, caption or a new caption, bool `[rows]`."""
    flags = _matches(pairs.columns["id"], text) | _matches(pairs.columns["caption"], text)
    made = pairs.candidates
    if made is not None:
        ids = made["id"].filter(pa.array(_matches(made["caption"], text)))
        flags |= pairs.flags_of(ids.to_pylist())
    return flags


def _matches(column: pa.ChunkedArray, text: str) -> np.ndarray:
    return pc.match_substring(column, text, ignore_case=True).to_numpy().astype(bool)


def _texts(pairs: Pairs, name: str) -> pa.ChunkedArray:
    column = pairs.column(name)
    if not kinds.is_string(column.type):
        raise UserError(f"column {name} is no text")
    return column.fill_null("")


def _among(column: pa.ChunkedArray, allowed: Sequence[Any]) -> np.ndarray:
    """Return which values are among `allowed`; a missing text counts as ""."""
    if kinds.is_boolean(column.type):
        values = column.fill_null(False).to_numpy()
        return np.isin(values, [bool(value) for value in allowed])
    if not kinds.is_string(column.type):
        raise UserError("a column of numbers is chosen from by `between`")
    texts = pa.array([str(value) for value in allowed], pa.string())
    return pc.is_in(column.fill_null(""), texts).to_numpy().astype(bool)


def _order(pairs: Pairs, name: str, descending: bool) -> np.ndarray:
    """Return all rows in the order of a column, equals in the pool's; without a value last."""
    column = pairs.column(name)
    if kinds.is_string(column.type):
        codes = column.combine_chunks().dictionary_encode()
        ranks = np.empty(len(codes.dictionary), dtype=np.float64)
        ranks[pc.sort_indices(codes.dictionary).to_numpy()] = np.arange(len(codes.dictionary))
        places = codes.indices.to_numpy(zero_copy_only=False)
        missing = np.isnan(places.astype(np.float64))
        keys = np.where(missing, np.nan, ranks[np.where(missing, 0, places).astype(np.int64)])
    else:
        keys = pairs.numbers(name)
    return np.argsort(-keys if descending else keys, kind="stable")
