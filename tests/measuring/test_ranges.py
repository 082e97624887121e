<<<<<<< HEAD
"""The range test that all filters share."""

from __future__ import annotations

import math

=======
>>>>>>> 3dda87b (Tests of recipes, their engine, mixing, tables and samples at their mirrored paths; a numeric field filter takes a list by its mean)
import numpy as np
import pytest

from bettersynth.measuring.ranges import (
    Ends,
    ImageEnds,
    any_or_all,
    flatten,
    in_range,
    keep_images,
)

<<<<<<< HEAD
VALUES = [0.0, 1.0, 2.0, 3.0, math.nan]
=======
NAN = float("nan")
>>>>>>> 3dda87b (Tests of recipes, their engine, mixing, tables and samples at their mirrored paths; a numeric field filter takes a list by its mean)


@pytest.mark.parametrize(
    ("ends", "flags"),
    [
<<<<<<< HEAD
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
=======
        (Ends(), [False, True, True, True, False, False]),
        (Ends(min_closed_interval=False), [False, False, True, True, False, False]),
        (Ends(max_closed_interval=False), [False, True, True, False, False, False]),
        (Ends(reversed_range=True), [True, True, False, True, True, True]),
        (
            Ends(reversed_range=True, min_closed_interval=False, max_closed_interval=False),
            [True, False, False, False, True, True],
        ),
    ],
)
def test_ends_belong_to_what_is_kept_also_outside(ends, flags):
    assert in_range([0, 1, 2, 3, 4, NAN], 1, 3, ends).tolist() == flags


def test_values_of_samples_are_flat_with_their_counts():
    values, counts = flatten([[1.0, 2.0], [], [3]])
>>>>>>> 3dda87b (Tests of recipes, their engine, mixing, tables and samples at their mirrored paths; a numeric field filter takes a list by its mean)
    assert values.tolist() == [1.0, 2.0, 3.0]
    assert counts.tolist() == [2, 0, 1]


<<<<<<< HEAD
@pytest.mark.parametrize(
    ("mode", "kept"), [("any", [True, True, True, False]), ("all", [False, True, True, False])]
)
def test_any_or_all_values_count_and_no_values_are_kept(mode, kept):
    flags = np.array([True, False, True, True, False])
    assert any_or_all(flags, np.array([2, 0, 2, 1]), mode).tolist() == kept
    lists = [[1, 9], [], [1, 2], [9]]
    assert keep_images(lists, 0, 5, ImageEnds(any_or_all=mode)).tolist() == kept
=======
def test_any_or_all_of_a_samples_values_and_none_keeps():
    flags, counts = np.array([True, False, True]), np.array([2, 0, 1])
    assert any_or_all(flags, counts, "any").tolist() == [True, True, True]
    assert any_or_all(flags, counts, "all").tolist() == [False, True, True]
    kept = keep_images([[1, 9], [], [9]], 0, 5, ImageEnds(any_or_all="any"))
    assert kept.tolist() == [True, True, False]
>>>>>>> 3dda87b (Tests of recipes, their engine, mixing, tables and samples at their mirrored paths; a numeric field filter takes a list by its mean)
