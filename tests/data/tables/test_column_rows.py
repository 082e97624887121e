import numpy as np
import pyarrow as pa
import pytest

from bettersynth.data.tables.column_rows import (
    contained,
    put_rows,
    rows_of_ids,
    take_rows,
    take_table,
)

PARTS = pa.chunked_array([["a", "b"], [], ["c", "d", "e"]])


@pytest.mark.parametrize("column", [PARTS, pa.chunked_array([list("abcde")])])
@pytest.mark.parametrize("rows", [[4, 0, 0, 2], [0, 3], [], [1]])
def test_rows_of_any_parts_come_in_the_order_asked_for(column, rows):
    taken = take_rows(column, np.array(rows, dtype=np.int64))
    assert taken.to_pylist() == ["abcde"[row] for row in rows]
    assert taken.type == pa.string()


def test_some_rows_of_a_table_keep_its_schema():
    table = pa.table({"id": PARTS, "n": range(5)})
    rows = take_table(table, np.array([3, 1]))
    assert rows.to_pylist() == [{"id": "d", "n": 3}, {"id": "b", "n": 1}]
    assert rows.schema == table.schema


def test_values_are_put_in_the_place_of_others():
    values = pa.chunked_array([["E", "A"], ["C"]])
    assert put_rows(PARTS, np.array([4, 0, 2]), values).to_pylist() == ["A", "b", "C", "d", "E"]


def test_ids_are_found_in_the_pool_and_the_pools_among_ids():
    ids = pa.chunked_array([["d", "x"], ["a", "d"]])
    assert rows_of_ids(PARTS, ids).tolist() == [3, -1, 0, 3]
    assert rows_of_ids(PARTS, pa.chunked_array([], pa.null())).tolist() == []
    assert contained(PARTS, ids).tolist() == [True, False, False, True, False]
