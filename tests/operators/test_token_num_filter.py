"""token_num_filter: tokens of a tokenizer, without those that it adds."""

from __future__ import annotations

import pytest
from support.one_operator import kept, measured, text_batch
from support.parity import cases, differences, export_differences

from bettersynth.errors import UserError

CASES = cases("text_stats", "token_num_filter")


@pytest.mark.parametrize("group", CASES)
def test_values_and_decisions_are_data_juicers(group):
    assert differences(group) == []


@pytest.mark.parametrize("group", CASES)
def test_a_recipe_exports_data_juicers_stats_and_rows(group, in_folder):
    assert export_differences(group) == []


def test_no_texts_need_no_tokenizer():
    assert measured("token_num_filter", text_batch(), hf_tokenizer="/nowhere") == (
        {"num_token": []},
        [],
    )


def test_a_missing_tokenizer_is_named(tmp_path):
    with pytest.raises(UserError, match="cannot load the tokenizer .*nothing"):
        kept("token_num_filter", "a dog", hf_tokenizer=str(tmp_path / "nothing"))
