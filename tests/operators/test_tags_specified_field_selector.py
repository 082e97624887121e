"""tags_specified_field_selector: rows whose value is among given tags."""

from __future__ import annotations

import pytest

from bettersynth.errors import UserError
from bettersynth.operators import load_operator


def test_selection_by_tags():
    operator = load_operator("tags_specified_field_selector")
    settings = operator.Settings(field_key="meta.tag", target_tags=("a", None, 1))
    assert operator.field(settings) == "meta.tag"
    assert operator.select(["a", "b", None, 1.0, "1", "a"], settings) == [0, 2, 3, 5]
    assert operator.select(["b"], settings) == [0]
    with pytest.raises(UserError, match="meta.tag of sample 1 is neither text, number nor null"):
        operator.select(["a", ["a"]], settings)
