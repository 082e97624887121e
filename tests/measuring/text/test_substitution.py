"""Replacing what a pattern of a recipe matches."""

from __future__ import annotations

import pytest

from bettersynth.errors import UserError
from bettersynth.measuring.text.substitution import compiled, replace


def test_every_match_is_replaced_and_a_dot_matches_line_ends():
    assert replace(["a1\nb", "none"], "1.b", "-") == ["a-", "none"]


@pytest.mark.parametrize("pattern", ["r'[0-9]+'", 'r"[0-9]+"', "[0-9]+"])
def test_a_raw_string_of_python_is_unwrapped(pattern):
    assert compiled(pattern).pattern == "[0-9]+"


def test_a_broken_pattern_is_named():
    with pytest.raises(UserError, match=r"pattern '\(' is not a regular expression"):
        replace(["a"], "(")
