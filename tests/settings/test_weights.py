"""Weights are parts or shares, above 0, and name every source or every type."""

import math

import pytest

from bettersynth.errors import UserError
from bettersynth.settings.weights import require_known, require_weights

SOURCES, KINDS = ["web", "own"], ["caption", "text"]


@pytest.mark.parametrize(
    "weights",
    [{}, {"web": 9, "own": 1}, {"a": 0.7, "b": 0.2, "c": 0.1}, {"web": 2.0}, {"a": 10, "b": 90}],
)
def test_parts_and_shares_pass_and_do_not_with_a_nought_beside_them(weights):
    require_weights(weights, "mix.weights")
    with pytest.raises(UserError, match="mix.weights.none is 0"):
        require_weights({**weights, "none": 0}, "mix.weights")


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ({"web": 9, "own": 0}, "mix.weights.own is 0; a weight must be above 0"),
        ({"web": -1.5}, "mix.weights.web is -1.5; a weight must be above 0"),
        ({"web": math.nan}, "mix.weights.web is nan; a weight must be above 0"),
        ({"web": math.inf}, "mix.weights.web is inf; a weight must be above 0"),
        ({"web": 0.7, "own": 0.4}, r"mix.weights sum to 1.1; shares must sum to 1 \(whole numbers"),
    ],
)
def test_others_are_one_line(weights, message):
    with pytest.raises(UserError, match=message):
        require_weights(weights, "mix.weights")


def test_all_sources_or_all_types_are_named():
    for weights in ({}, {"web": 1, "own": 2}, {"caption": 1, "text": 2}):
        require_known(weights, SOURCES, KINDS, "mix.weights")
    with pytest.raises(UserError, match="mix.weights"):
        require_known({"web": 1, "caption": 2}, SOURCES, KINDS, "mix.weights")


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ({"web": 1, "won": 1}, "names won, but the data has no such source; its sources: own, web"),
        ({"web": 1}, "gives no weight to own; name every source"),
        ({"web": 1, "text": 1}, "names web beside the type text; name sources alone, or types"),
        ({"caption": 1}, "gives no weight to text; name every type"),
        (
            {"caption": 1, "instruction": 1},
            "names instruction, but the data has no such type; its types: cap",
        ),
    ],
)
def test_a_wrong_name_or_a_missing_one_is_one_line(weights, message):
    with pytest.raises(UserError, match=message):
        require_known(weights, SOURCES, KINDS, "mix.weights")
