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


def test_patterns_are_those_of_the_module_regex():
    assert replace(["a 漢字 b"], r"\p{Han}+", "-") == ["a - b"]
    assert replace(["one1"], "[[:alpha:]]") == ["1"]


@pytest.mark.parametrize("replacement", [r"\1", r"\g<name>", "\\"])
def test_a_replacement_of_a_group_that_is_not_there_is_named(replacement):
    with pytest.raises(UserError, match="repl .* does not go with the pattern 'a'"):
        replace(["a"], "a", replacement)
