"""Some rows of a table's column, and rows by id, without a Python object a row."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc


def take_rows(column: pa.ChunkedArray, rows: np.ndarray) -> pa.ChunkedArray:
    """Return the values of some rows, int `[rows]`, in their order.

    Arrow's own `take` puts a whole column of text together first, which doubles it in memory, and
    can't where it has more than 2 GB.
    """
    if column.num_chunks == 1:
        return pa.chunked_array([column.chunk(0).take(pa.array(rows))])
    ends = np.cumsum([len(chunk) for chunk in column.chunks], dtype=np.int64)
    chunk_of_row = np.searchsorted(ends, rows, side="right")
    parts: list[pa.Array] = []
    places: list[np.ndarray] = [np.zeros(0, dtype=np.int64)]
    for number in np.unique(chunk_of_row):
        chunk = column.chunk(number)
        own = np.flatnonzero(chunk_of_row == number)
        first = ends[number] - len(chunk)
        parts.append(chunk.take(pa.array(rows[own] - first)))
        places.append(own)
    taken = pa.chunked_array(parts, column.type)
    place = np.concatenate(places)
    if (np.diff(place) > 0).all():
        return taken
    # from the order of the chunks back to that of `rows`
    return pa.chunked_array([taken.combine_chunks().take(pa.array(np.argsort(place)))])


def take_table(table: pa.Table, rows: np.ndarray) -> pa.Table:
    """Return some rows of a table, int `[rows]`, in their order."""
    columns = [take_rows(column, rows) for column in table.columns]
    return pa.table(columns, schema=table.schema)


def put_rows(column: pa.ChunkedArray, rows: np.ndarray, values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return the column with `values` in the place of those of some rows, int `[rows]`."""
    order = np.argsort(rows)
    ordered = take_rows(values, order).combine_chunks()
    parts: list[pa.Array] = []
    first = 0
    for chunk in column.chunks:
        begin, end = np.searchsorted(rows[order], [first, first + len(chunk)])
        mask = np.zeros(len(chunk), dtype=bool)
        mask[rows[order[begin:end]] - first] = True
        own = ordered.slice(begin, end - begin)
        parts.append(pc.replace_with_mask(chunk, pa.array(mask), own))
        first += len(chunk)
    return pa.chunked_array(parts, column.type)


def contained(ids: pa.ChunkedArray, among: pa.Array | pa.ChunkedArray) -> np.ndarray:
    """Return which of `ids` are `among` others, bool `[ids]`."""
    return pc.is_in(ids, value_set=_one_piece(among)).to_numpy().astype(bool)


def rows_of_ids(pool: pa.ChunkedArray, ids: pa.ChunkedArray) -> np.ndarray:
    """Return the row in the pool's ids of each of `ids`, int64 `[ids]`, -1 where there is none."""
    # a table without rows may not know what its columns would hold
    ids = ids.cast(pool.type)
    # of the few the dictionary, not of the pool
    few = _one_piece(ids).unique()
    place_of_row = pc.index_in(pool, value_set=few)
    known = np.flatnonzero(pc.is_valid(place_of_row))
    row_of_place = np.full(len(few), -1, dtype=np.int64)
    row_of_place[place_of_row.drop_null().to_numpy()] = known
    return row_of_place[pc.index_in(ids, value_set=few).to_numpy()]


def _one_piece(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
