"""Templates filled with fields of samples."""

from __future__ import annotations

import pytest
from support.one_operator import row_batch

from bettersynth.data.samples.batch import BadSample
from bettersynth.errors import UserError
from bettersynth.measuring.text.field_templates import fields_of, filled


def test_fields_are_named_once_in_order():
    assert fields_of("{b} {text} {b} {{c}}", "x") == ["b", "text"]
    with pytest.raises(UserError, match="some_filter: x: expected '}'"):
        fields_of("{b", "some_filter: x")
    for template in ("{}", "{0}", "{b.real}", "{b} {b.x}", "{b} {b[x]}"):
        with pytest.raises(UserError, match="x: .* has a place that names no field; .* {text}"):
            fields_of(template, "x")


def test_a_template_is_filled_and_a_field_without_text_is_told():
    batch = row_batch({"text": "dog", "b": "big"}, {"text": "cat", "b": None})
    assert filled("a {text}", [], batch) == ["a dog", "a cat"]
    assert filled("{b} {text}", ["b"], batch.take([0])) == ["big dog"]
    with pytest.raises(BadSample, match="b holds no text") as bad:
        filled("{b} {text}", ["b"], batch)
    assert bad.value.positions == [1]
