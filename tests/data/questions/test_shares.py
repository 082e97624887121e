"""Questions are dealt out to kinds in their shares."""

from collections import Counter

import pytest

from bettersynth.data.questions.shares import share_out
from bettersynth.errors import UserError


def test_shares_add_up_to_the_count():
    assert Counter(share_out({"a": 1, "b": 1, "c": 1}, 10, "here")) == {"a": 4, "b": 3, "c": 3}
    with pytest.raises(UserError, match="here must hold shares"):
        share_out({"a": -1, "b": 2}, 3, "here")


def test_kinds_come_in_the_order_of_the_shares():
    assert share_out({"b": 2, "a": 1}, 3, "here") == ["b", "b", "a"]
    assert share_out({"a": 1.0}, 0, "here") == []
    with pytest.raises(UserError, match="one of them above 0; found {'a': 0}"):
        share_out({"a": 0}, 3, "here")
