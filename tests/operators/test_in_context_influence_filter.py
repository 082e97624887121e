"""in_context_influence_filter against Data-Juicer 1.6.1's values of nano's decoder."""

from __future__ import annotations

import pytest
from support.one_operator import line, measured_good, row_batch, text_batch
from support.response_losses import MODEL, our_value, peers_values

from bettersynth.errors import UserError

NAME = "in_context_influence_filter"


@pytest.mark.parametrize("row", peers_values(NAME))
def test_the_values_are_data_juicers(row):
    assert our_value(row) == (row["value"] and pytest.approx(row["value"], rel=1e-3))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({}, "valid_dataset holds no row of the task"),
        ({"valid_dataset": []}, "valid_dataset holds no row of the task"),
        ({"valid_dataset": [{"text": "a"}, {"txt": "b"}]}, "valid_dataset row 2 has no text in te"),
        ({"valid_dataset": [{"text": "a"}], "n_shot": 0}, "n_shot is 0; it must be from 1"),
        (
            {"valid_dataset": [{"text": "a"}], "query_template": "{ask}"},
            "valid_dataset row 1 has no text in ask",
        ),
    ],
)
def test_a_task_without_rows_is_told_before_a_model_is_read(settings, message):
    with pytest.raises(UserError, match=message):
        line(NAME, **settings)


def test_a_row_of_the_task_without_a_response_is_told():
    settings = {"hf_model": MODEL, "valid_dataset": [{"text": "a red car"}, {"text": ""}]}
    with pytest.raises(UserError, match=r"valid_dataset row 2: there is no token to predict"):
        measured_good(NAME, text_batch("a dog"), **settings)


def test_a_sample_without_a_response_is_set_aside():
    # Data-Juicer measures its query in the place of it
    task = {"valid_dataset": [{"text": "a red car"}], "valid_as_demo": True}
    batch = row_batch({"text": "", "ask": "why"}, {"text": "a dog", "ask": "why"})
    measured = measured_good(NAME, batch, hf_model=MODEL, **task)
    assert measured.bad == {0: "the response has no token to predict, or a loss of 0"}
    assert measured.positions == [1]
