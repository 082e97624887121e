"""The range test that all filters share."""

from __future__ import annotations

import math

import numpy as np
import pytest

from bettersynth.measuring.ranges import (
    Ends,
    ImageEnds,
    ItemLists,
    any_or_all,
    flatten,
    in_range,
    keep_images,
)

VALUES = [0.0, 1.0, 2.0, 3.0, math.nan]


@pytest.mark.parametrize(
    ("ends", "flags"),
    [
        (Ends(), [False, True, True, False, False]),
        (Ends(min_closed_interval=False), [False, False, True, False, False]),
        (Ends(max_closed_interval=False), [False, True, False, False, False]),
        # outside of the range closed ends still belong to what is kept, and NaN lies there too
        (Ends(reversed_range=True), [True, True, True, True, True]),
        (Ends(False, False, reversed_range=True), [True, False, False, True, True]),
    ],
)
def test_ends_are_closed_or_open_and_a_range_can_be_reversed(ends, flags):
    assert in_range(VALUES, 1, 2, ends).tolist() == flags


def test_lists_are_flattened_with_their_lengths():
    values, counts = flatten([[1, 2], [], [3]])
    assert values.tolist() == [1.0, 2.0, 3.0]
    assert counts.tolist() == [2, 0, 1]


@pytest.mark.parametrize(
    ("mode", "kept"), [("any", [True, True, True, False]), ("all", [False, True, True, False])]
)
def test_any_or_all_values_count_and_no_values_are_kept(mode, kept):
    flags = np.array([True, False, True, True, False])
    assert any_or_all(flags, np.array([2, 0, 2, 1]), mode).tolist() == kept
    lists = [[1, 9], [], [1, 2], [9]]
    assert keep_images(lists, 0, 5, ImageEnds(any_or_all=mode)).tolist() == kept


def test_lists_that_lie_in_two_arrays_are_kept_like_lists():
    lists = [[0.1, 0.9], [], [0.5], [0.2, 0.3, 0.4]]
    flat = ItemLists(np.array([0.1, 0.9, 0.5, 0.2, 0.3, 0.4]), np.array([2, 0, 1, 3]))
    assert [flat[row] for row in range(4)] == list(flat) == lists
    for mode in ("any", "all"):
        ends = ImageEnds(any_or_all=mode)
        expected = keep_images(lists, 0.2, 0.6, ends).tolist()
        assert keep_images(flat, 0.2, 0.6, ends).tolist() == expected
