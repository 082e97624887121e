"""The first row of each group that pairs join."""

from __future__ import annotations

import numpy as np
import pytest

from bettersynth.measuring.groups import first_of_components


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
