"""suffix_filter: the suffix of the file that a sample came from."""

from __future__ import annotations

import pytest
from support.one_operator import measured, row_batch
from support.small_run import dataset, run

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


@pytest.mark.parametrize("compat", ["", "data_juicer"])
def test_under_compat_the_suffix_stands_in_the_export_as_data_juicer_writes_it(in_folder, compat):
    dataset([{"text": "a"}, {"text": "b", "__dj__suffix__": ".txt"}])
    kept = run([{"suffix_filter": {}}], compat=compat)
    suffix = {"__dj__suffix__": ".jsonl"} if compat else {}
    assert kept == [{"text": "a", **suffix}, {"text": "b", "__dj__suffix__": ".txt"}]
    assert run([{"suffix_filter": {"suffixes": [".txt"]}}], compat=compat) == kept[1:]
