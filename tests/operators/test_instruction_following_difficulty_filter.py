"""instruction_following_difficulty_filter against Data-Juicer 1.6.1's values of nano's decoder."""

from __future__ import annotations

import pytest
from support.response_losses import our_value, peers_values


@pytest.mark.parametrize("row", peers_values("instruction_following_difficulty_filter"))
def test_the_values_are_data_juicers(row):
    assert our_value(row) == (row["value"] and pytest.approx(row["value"], rel=1e-3))
