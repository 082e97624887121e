"""replace_content_mapper: patterns in order, each with its replacement or all with one."""

from __future__ import annotations

import pytest
from support.one_operator import rewritten

from bettersynth.errors import UserError

NAME = "replace_content_mapper"


def test_one_pattern_and_several():
    text = "a  b\nc 12"
    assert rewritten(NAME, text) == text
    assert rewritten(NAME, text, pattern=r"\d+", repl="<n>") == "a  b\nc <n>"
    assert rewritten(NAME, text, pattern="b.c") == "a   12"
    assert rewritten(NAME, text, pattern=[" +", r"(\d)"], repl=["_", r"\1,"]) == "a_b\nc_1,2,"
    assert rewritten(NAME, text, pattern=["a", "b"], repl="x") == "x  x\nc 12"
    # as recipes of Data-Juicer write them
    assert rewritten(NAME, text, pattern=r"r'\s+'", repl=" ") == "a b c 12"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"pattern": ["a", "b"], "repl": ["x"]}, "2 in pattern and 1 in repl"),
        ({"pattern": ["a", ""], "repl": "x"}, "pattern is empty, which matches between"),
        ({"pattern": "(", "repl": ""}, "not a regular expression"),
        ({"pattern": "a", "repl": r"\1"}, "does not go with the pattern"),
    ],
)
def test_a_mistake_is_told_before_the_first_row(settings, message):
    with pytest.raises(UserError, match=message):
        rewritten(NAME, "a", **settings)
