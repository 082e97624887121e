"""A recipe's regular expressions: told where they are wrong, ended where they run for ever."""

import pytest

from bettersynth.errors import UserError
from bettersynth.measuring.text import user_patterns
from bettersynth.measuring.text.user_patterns import compile_pattern, find_all, substitute
from bettersynth.operators import (
    pii_redaction_mapper,
    replace_content_mapper,
)

# as many ways to share the letters as the 40th Fibonacci number, all tried before it fails
CATASTROPHIC = r"(a|aa)+$"
TEXT = "a" * 40 + "c"


@pytest.fixture(autouse=True)
def short_limit(monkeypatch):
    monkeypatch.setattr(user_patterns, "LONGEST_SECONDS", 0.05)


def test_matches_are_replaced_and_found():
    matcher = compile_pattern(r"\d")
    assert substitute(matcher, "n", "a1b2") == "anbn"
    assert [match.start() for match in find_all(matcher, "a1b2")] == [1, 3]


def test_no_pattern_is_named_with_its_setting():
    with pytest.raises(UserError, match=r"split_pattern '\(' is not a regular expression"):
        compile_pattern("(", "split_pattern")


@pytest.mark.parametrize(
    "use",
    [
        lambda: substitute(compile_pattern(CATASTROPHIC), "", TEXT),
        lambda: find_all(compile_pattern(CATASTROPHIC), TEXT),
        lambda: replace_content_mapper.rewrite(
            [TEXT], replace_content_mapper.Settings(pattern=CATASTROPHIC)
        ),
        lambda: pii_redaction_mapper.rewrite(
            [TEXT], pii_redaction_mapper.Settings(extra_patterns=[[CATASTROPHIC, "x"]])
        ),
    ],
)
def test_a_pattern_that_would_run_for_ever_ends_in_one_line(use):
    with pytest.raises(UserError, match="takes more than 0.05 s on one text .41 characters"):
        use()
