import numpy as np

from bettersynth.data.tables.value_columns import ItemLists, python_values, taken

LISTS = ItemLists(np.array([1, 2, 3, 4, 5]), np.array([2, 0, 1, 2]))


def test_some_lists_are_taken_in_any_order_and_as_often_as_asked():
    rows = np.array([3, 0, 1, 3])
    assert python_values(taken(LISTS, rows)) == [[4, 5], [1, 2], [], [4, 5]]
    assert python_values(taken(LISTS, np.array([], dtype=np.int64))) == []


def test_numbers_and_text_are_taken_as_they_are():
    rows = np.array([2, 0])
    assert taken(np.array([1.5, 2.5, 3.5]), rows).tolist() == [3.5, 1.5]
    assert taken(["a", None, "c"], rows) == ["c", "a"]


def test_values_are_pythons_own():
    kinds = [type(value) for value in python_values(np.array([1, 2]))]
    assert kinds == [int, int]
    assert python_values(["a", None]) == ["a", None]
