"""chinese_convert_mapper: characters by OpenCC."""

from __future__ import annotations

import pytest
from support.one_operator import line, rewritten

from bettersynth.errors import UserError


def test_simplified_to_traditional_and_back():
    assert rewritten("chinese_convert_mapper", "汉字", mode="s2t") == "漢字"
    assert rewritten("chinese_convert_mapper", "漢字", mode="t2s") == "汉字"


def test_an_unknown_mode_is_named():
    with pytest.raises(UserError, match="mode is 'a2b'"):
        line("chinese_convert_mapper", mode="a2b")
