import numpy as np
import pyarrow as pa

from bettersynth.data.tables.value_columns import (
    ArrowColumn,
    ItemLists,
    joined,
    python_values,
    taken,
)

LISTS = ItemLists(np.array([1, 2, 3, 4, 5]), np.array([2, 0, 1, 2]))
TEXTS = ArrowColumn(pa.chunked_array([["b", "a"], ["", "b"]]))


def test_some_lists_are_taken_in_any_order_and_as_often_as_asked():
    rows = np.array([3, 0, 1, 3])
    assert python_values(taken(LISTS, rows)) == [[4, 5], [1, 2], [], [4, 5]]
    assert python_values(taken(LISTS, np.array([], dtype=np.int64))) == []
    single = ItemLists(np.array([7, 8, 9]), np.ones(3, dtype=np.int32))
    assert python_values(taken(single, np.array([2, 0]))) == [[9], [7]]


def test_numbers_and_text_are_taken_as_they_are():
    rows = np.array([2, 0])
    assert taken(np.array([1.5, 2.5, 3.5]), rows).tolist() == [3.5, 1.5]
    assert taken(["a", None, "c"], rows) == ["c", "a"]
    assert python_values(taken(TEXTS, rows)) == ["", "b"]


def test_values_are_pythons_own():
    kinds = [type(value) for value in python_values(np.array([1, 2]))]
    assert kinds == [int, int]
    assert python_values(["a", None]) == ["a", None]
    assert python_values(ArrowColumn(pa.chunked_array([["a", None]]))) == ["a", None]
    assert TEXTS[np.int64(1)] == "a"


def test_numbers_stand_for_keys_of_text():
    numbers = TEXTS.key_numbers()
    assert numbers[2] == 0
    assert numbers[0] == numbers[3] != numbers[1]
    assert (numbers[[0, 1]] > 0).all()


def test_columns_of_one_form_keep_it_when_they_are_joined():
    numbers = joined(np.array([1, 2]), np.array([3]))
    assert isinstance(numbers, np.ndarray) and numbers.tolist() == [1, 2, 3]
    lists = joined(LISTS, ItemLists(np.array([6]), np.array([1])))
    assert isinstance(lists, ItemLists) and list(lists) == [[1, 2], [], [3], [4, 5], [6]]
    texts = joined(TEXTS, TEXTS)
    assert isinstance(texts, ArrowColumn) and list(texts) == ["b", "a", "", "b"] * 2
    # each number stays of its own kind
    mixed = joined(np.array([1]), np.array([0.5]))
    assert mixed == [1, 0.5] and isinstance(mixed[0], int)
    assert joined(TEXTS, ["c"]) == ["b", "a", "", "b", "c"]
