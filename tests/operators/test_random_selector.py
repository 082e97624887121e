"""random_selector: rows drawn by a seed."""

from __future__ import annotations

import numpy as np
from support.one_operator import selected

from bettersynth.operators import load_operator


def drawn(rows, compat="", **settings):
    return selected("random_selector", [None] * rows, compat, **settings)


def test_random_selection_is_fixed_by_its_seed():
    first = drawn(50, select_num=5)
    assert first == drawn(50, select_ratio=0.1)
    assert first != drawn(50, select_num=5, seed=1)
    assert len(set(first)) == 5


def test_as_data_juicer_where_more_or_less_than_a_row_is_asked_for():
    order = np.random.default_rng(42).permutation(3).tolist()
    assert drawn(3, "data_juicer", select_num=7) == [*order, *order, order[0]]
    assert drawn(3, "data_juicer", select_ratio=0.1) == [0, 1, 2]
    assert drawn(3, "data_juicer", select_num=3) == [0, 1, 2]
    assert drawn(3, "data_juicer", select_ratio=0.0, select_num=2) == order[:2]
    assert drawn(3, select_num=7) == [0, 1, 2]
    assert drawn(3, select_ratio=0.1) == []


def test_it_compares_no_field():
    operator = load_operator("random_selector")
    assert operator.field(operator.Settings()) == ""
