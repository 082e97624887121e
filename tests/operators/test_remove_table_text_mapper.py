"""remove_table_text_mapper: tables written as plain text."""

from __future__ import annotations

import pytest
from support.one_operator import rewritten

from bettersynth.errors import UserError


def test_lines_with_as_many_columns_go():
    assert rewritten("remove_table_text_mapper", "head\na b\nc d\nend") == "head\nend"
    one_line = "head\na b\nend"
    assert rewritten("remove_table_text_mapper", one_line) == one_line


def test_the_number_of_columns_is_between_2_and_20():
    with pytest.raises(UserError, match="min_col 1 and max_col 20 must be between 2 and 20"):
        rewritten("remove_table_text_mapper", "a", min_col=1)
