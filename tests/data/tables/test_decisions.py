import math

import numpy as np
import pytest
from support.small_columns import column

from bettersynth.data.files.reading import read_json
from bettersynth.data.tables.decisions import (
    FILTER_CARD,
    read_decisions,
    write_decisions,
    write_filter_card,
)
from bettersynth.data.tables.row_texts import RowTexts
from bettersynth.errors import UserError


def test_decisions_come_back_and_belong_to_their_pool(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match="does not exist; run `python -m .*filter`"):
        read_decisions(column("a"))
    kept = np.array([True, False])
    rule, bound = RowTexts.of(column("", "r")), RowTexts.of(column("", "min 1"))
    write_decisions(column("a", "b"), kept, rule, np.array([np.nan, 0.5]), bound)
    columns = read_decisions(column("a", "b")).to_pydict()
    assert columns["kept"] == [True, False]
    assert columns["rule"] == ["", "r"]
    assert math.isnan(columns["value"][0])
    assert columns["bound"] == ["", "min 1"]
    with pytest.raises(UserError, match="belongs to another pool"):
        read_decisions(column("b", "a"))


def test_the_card_is_json(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_filter_card({"pool": 2})
    assert read_json(FILTER_CARD) == {"pool": 2}
