<<<<<<< HEAD
"""The first row of each group that pairs join."""

from __future__ import annotations

import numpy as np
import pytest
=======
import numpy as np
>>>>>>> 3dda87b (Tests of recipes, their engine, mixing, tables and samples at their mirrored paths; a numeric field filter takes a list by its mean)

from bettersynth.measuring.groups import first_of_components


<<<<<<< HEAD
@pytest.mark.parametrize(
    ("pairs", "flags"),
    [
        ([], [True] * 5),
        ([(1, 3)], [True, True, True, False, True]),
        # 0 and 4 are joined by way of 2
        ([(4, 2), (2, 0)], [True, True, False, True, False]),
    ],
)
def test_groups_are_connected(pairs, flags):
    edges = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    assert first_of_components(5, edges).tolist() == flags
=======
def test_the_first_row_of_each_group_of_joined_rows_stays():
    edges = np.array([[1, 3], [3, 4]])
    assert first_of_components(6, edges).tolist() == [True, True, True, False, False, True]
    assert first_of_components(3, np.zeros((2, 0), dtype=int)).tolist() == [True] * 3
>>>>>>> 3dda87b (Tests of recipes, their engine, mixing, tables and samples at their mirrored paths; a numeric field filter takes a list by its mean)
