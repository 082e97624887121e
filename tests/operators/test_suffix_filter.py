"""suffix_filter: the suffix of the file that a sample came from."""

from __future__ import annotations

import pytest
from support.one_operator import measured, row_batch

from bettersynth.operators import load_operator

ROWS = row_batch({"__dj__suffix__": ".txt"}, {"__dj__suffix__": ".md"}, {})


@pytest.mark.parametrize(
    ("settings", "flags"),
    [
        ({"suffixes": ".txt"}, [True, False, False]),
        ({"suffixes": [".txt", ".md"]}, [True, True, False]),
        ({"suffixes": [".txt"], "reversed_range": True}, [False, True, True]),
        ({"suffixes": []}, [True, True, True]),
        ({"suffixes": None}, [True, True, True]),
    ],
)
def test_a_sample_stays_for_its_suffix(settings, flags):
    values, found = measured("suffix_filter", ROWS, **settings)
    assert values == {"__dj__suffix__": [".txt", ".md", ""]}
    assert found == flags


def test_it_leaves_no_stat_in_the_samples():
    assert load_operator("suffix_filter").EXPORTS_STATS is False
