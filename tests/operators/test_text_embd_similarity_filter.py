"""text_embd_similarity_filter against Data-Juicer 1.6.1's values of the same tiny BERT."""

from __future__ import annotations

import json
from typing import Any

import pytest
from support.one_operator import line, measured, measured_good, row_batch
from support.small_run import FIXTURES

from bettersynth.data.samples.sample_rows import RowForm
from bettersynth.errors import UserError
from bettersynth.recipes.engine.needed_fields import needed_fields

NAME = "text_embd_similarity_filter"
DATA, *CASES = map(json.loads, (FIXTURES / "text_embd.jsonl").read_text().splitlines())
MODEL = {"api_or_hf_model": str(FIXTURES / "bert_tiny"), "is_hf_model": True}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['pooling']}")
def test_the_values_are_data_juicers(case: dict[str, Any]) -> None:
    settings = {"pooling": case["pooling"], "input_template": case["input_template"]}
    batch = row_batch(*DATA["rows"])
    values, kept = measured(
        NAME, batch, valid_dataset=DATA["good"], min_score=0.5, **MODEL, **settings
    )
    assert values["text_embd_similarity"] == pytest.approx(case["values"], abs=1e-6)
    assert kept == [value >= 0.5 for value in case["values"]]


def test_a_row_without_a_field_of_the_template_is_set_aside() -> None:
    rows = [{"text": "a dog", "other": "big"}, {"text": "a cat", "other": 3}]
    template = {"input_template": "{other} of {text}", "valid_dataset": DATA["good"]}
    good = measured_good(NAME, row_batch(*rows), **MODEL, **template)
    assert good.positions == [0]
    assert good.bad == {1: "other holds no text"}
    needed = needed_fields([line(NAME, **MODEL, **template)], RowForm())
    assert set(needed) == {"text", "other"}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({}, "valid_dataset holds no text to compare with"),
        ({"valid_dataset": [{"other": "a"}]}, "valid_dataset row 1 has no text text"),
        ({"input_template": "{text"}, "input_template: expected '}'"),
        ({"input_template": "text"}, "input_template names no field"),
        ({"model_params": {"dtype": True}}, "model_params has no dtype"),
        ({"is_hf_model": False}, "is_hf_model is False; allowed: True"),
        ({"min_score": 1.5}, "min_score"),
    ],
)
def test_a_wrong_setting_is_one_line(settings: dict[str, Any], message: str) -> None:
    good = {} if settings == {} else {"valid_dataset": [{"text": "a dog"}]}
    with pytest.raises(UserError, match=message):
        line(NAME, **{**good, **settings})
