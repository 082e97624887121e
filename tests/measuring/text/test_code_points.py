"""Characters of many texts counted at once."""

from __future__ import annotations

import pytest

from bettersynth.measuring.text.code_points import code_points, counts, members, shares
from bettersynth.measuring.text.special_characters import special_characters


def test_shares_of_far_apart_code_points():
    member = special_characters().__contains__
    assert shares(["", "a\U0001f415", "中文!"], member) == [0.0, 0.5, pytest.approx(1 / 3)]


def test_code_points_and_where_each_text_ends():
    codes, ends = code_points(["ab", "", "中\ud800"])
    assert codes.tolist() == [97, 98, 0x4E2D, 0xD800]
    assert ends.tolist() == [2, 2, 4]


def test_members_are_counted_text_by_text():
    codes, ends = code_points(["a1", "é中2", "", "3"])
    flags = members(codes, str.isalpha)
    assert flags.tolist() == [True, False, True, True, False, False]
    assert counts(flags, ends).tolist() == [1, 2, 0, 0]
