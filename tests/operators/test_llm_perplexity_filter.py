"""llm_perplexity_filter against Data-Juicer 1.6.1's values of nano's decoder."""

from __future__ import annotations

import pytest
from support.one_operator import line
from support.response_losses import our_value, peers_values

from bettersynth.errors import UserError
from bettersynth.operators.llm_perplexity_filter import Deciding, keep


@pytest.mark.parametrize("row", peers_values("llm_perplexity_filter"))
def test_the_values_are_data_juicers(row):
    assert our_value(row) == (row["value"] and pytest.approx(row["value"], rel=1e-3))


def test_its_bounds_are_data_juicers():
    bounds = Deciding()
    assert keep({"llm_perplexity": [0.9, 1.0, 100.0, 101.0]}, bounds).tolist() == [
        False,
        True,
        True,
        False,
    ]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"query_template": "{a"}, "query_template: expected '}' before end of string"),
        ({"model_params": {"max_length": True}}, "model_params has no max_length"),
    ],
)
def test_a_wrong_setting_is_one_line(settings, message):
    with pytest.raises(UserError, match=message):
        line("llm_perplexity_filter", **settings)
