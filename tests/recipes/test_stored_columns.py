import numpy as np
import pyarrow as pa
import pytest

from bettersynth.data.tables.stats import read_stats, write_stats
from bettersynth.data.tables.value_columns import ItemLists
from bettersynth.errors import UserError
from bettersynth.measuring.number_rule import numbers_of
from bettersynth.operators import load_operator
from bettersynth.recipes.stored_columns import (
    column_numbers,
    quick_column,
    read_stored,
)


def stored_of(name, ids):
    return read_stored(name, load_operator(name), ids)


COLUMNS = {
    "whole": [1, 2, 3],
    "float": [0.5, float("nan"), float("inf")],
    "flag": [True, False, True],
    "null": [1.5, None, 2.5],
    "text": ["a", "b", "a"],
    "list": [[1.0, 2.0], [], [0.25]],
    "list with null": [[1.0, None, 3.0], [None], [0.5]],
    "null list": [[1.0], None, [2.0]],
    "list of text": [["a"], [], ["b"]],
}


@pytest.mark.parametrize("name", COLUMNS)
def test_a_column_holds_what_the_filter_stage_reads(name):
    quick = quick_column(pa.chunked_array([pa.array(COLUMNS[name])]))
    assert len(quick) == 3
    for row, value in enumerate(COLUMNS[name]):
        same = quick[row] == value or (value != value and quick[row] != quick[row])
        assert same, (row, value)


@pytest.mark.parametrize("name", COLUMNS)
def test_the_number_of_a_value_is_that_of_the_number_rule(name):
    column = pa.chunked_array([pa.array(COLUMNS[name][:1]), pa.array(COLUMNS[name][1:])])
    if name in ("list", "list with null", "null list", "list of text"):
        kind = pa.list_(pa.string() if name == "list of text" else pa.float64())
        column = pa.chunked_array([pa.array(COLUMNS[name], kind)])
    np.testing.assert_array_equal(column_numbers(column), numbers_of(COLUMNS[name]))


def test_lists_of_numbers_lie_in_two_arrays():
    quick = quick_column(pa.chunked_array([pa.array([[1.0], [2.0, 3.0]])]))
    assert isinstance(quick, ItemLists)
    assert quick.items.tolist() == [1, 2, 3]
    assert quick.counts.tolist() == [1, 2]


def test_stored_values_belong_to_the_pool(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_stats("words_num_filter", ["a", "b"], {"num_words": [3, 4]})
    ids = pa.chunked_array([pa.array(["a", "b"])])
    stored = stored_of("words_num_filter", ids)
    assert {stat: list(column) for stat, column in stored.items()} == read_stats(
        "words_num_filter", ["a", "b"]
    )
    with pytest.raises(UserError, match="belongs to another pool"):
        stored_of("words_num_filter", pa.chunked_array([pa.array(["a", "c"])]))
    with pytest.raises(UserError, match="does not exist"):
        stored_of("text_length_filter", ids)
