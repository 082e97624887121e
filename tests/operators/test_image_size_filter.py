"""image_size_filter: bytes of each picture's file, and how a size is written."""

from __future__ import annotations

import pytest
from support.one_operator import measured
from support.parity import FOLDER, batch_of, cases, differences, export_differences

from bettersynth.errors import UserError
from bettersynth.operators.image_size_filter import size_in_bytes

CASES = [
    *cases("image_stats", "image_size_filter"),
    *cases("mm_stats", "image_size_filter"),
]


@pytest.mark.parametrize("group", CASES)
def test_values_and_decisions_are_data_juicers(group):
    assert differences(group) == []


@pytest.mark.parametrize("group", CASES)
def test_a_recipe_exports_data_juicers_stats_and_rows(group, in_folder):
    assert export_differences(group) == []


def test_a_sample_without_pictures_stays():
    values, flags = measured("image_size_filter", batch_of({"images": []}), min_size="1GB")
    assert all(column == [[]] for column in values.values())
    assert flags == [True]


def test_a_small_file_is_within_a_kibibyte():
    sample = batch_of({"images": ["images/gray.png"]})
    values, flags = measured("image_size_filter", sample, min_size="1", max_size="1kib")
    assert values == {"image_sizes": [[(FOLDER / "images/gray.png").stat().st_size]]}
    assert flags == [True]


def test_a_size_has_a_fraction_unless_data_juicer_is_asked_for():
    assert size_in_bytes("1.5KB") == 1536
    assert size_in_bytes("1.5KB", "data_juicer") == 15 * 1024
    with pytest.raises(UserError, match="write a number and a unit"):
        size_in_bytes("big")


@pytest.mark.parametrize(
    ("size", "number"),
    [("300", 300), (" 2 b ", 2), ("1MiB", 2**20), (".5kb", 512), ("1TB", 2**40), ("7 bytes", 7)],
)
def test_units_are_powers_of_1024(size, number):
    assert size_in_bytes(size) == number
