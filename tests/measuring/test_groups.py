"""The first row of each group that pairs join."""

from __future__ import annotations

import numpy as np
import pytest

from bettersynth.measuring.groups import first_of_components, first_of_equal


@pytest.mark.parametrize(
    ("pairs", "first"),
    [
        ([], [0, 1, 2, 3, 4]),
        ([(1, 3)], [0, 1, 2, 1, 4]),
        # 0 and 4 are joined by way of 2
        ([(4, 2), (2, 0)], [0, 1, 0, 3, 0]),
    ],
)
def test_groups_are_connected(pairs, first):
    edges = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    assert first_of_components(5, edges).tolist() == first


KEYS = ["b", "a", "", "b", "", "c", "a"]


@pytest.mark.parametrize(
    ("keep_empty", "flags"), [(False, [1, 1, 1, 0, 0, 1, 0]), (True, [1, 1, 1, 0, 1, 1, 0])]
)
def test_the_first_of_equal_keys_by_text_and_by_number(keep_empty, flags):
    numbers = np.array([1, 2, 0, 1, 0, 3, 2])
    assert first_of_equal(KEYS, keep_empty).tolist() == [bool(flag) for flag in flags]
    assert first_of_equal(numbers, keep_empty).tolist() == [bool(flag) for flag in flags]


def test_no_keys_have_no_first():
    assert first_of_equal([]).tolist() == []
    assert first_of_equal(np.array([], dtype=np.int64)).tolist() == []
