import math

import numpy as np
import pytest

from bettersynth.data.files.reading import read_json
from bettersynth.data.tables.decisions import (
    FILTER_CARD,
    read_decisions,
    write_decisions,
    write_filter_card,
)
from bettersynth.errors import UserError


def test_decisions_come_back_and_belong_to_their_pool(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match="does not exist; run `python -m .*filter`"):
        read_decisions(["a"])
    kept = np.array([True, False])
    write_decisions(["a", "b"], kept, ["", "r"], np.array([np.nan, 0.5]), ["", "min 1"])
    columns = read_decisions(["a", "b"])
    assert columns["kept"] == [True, False]
    assert columns["rule"] == ["", "r"]
    assert math.isnan(columns["value"][0])
    assert columns["bound"] == ["", "min 1"]
    with pytest.raises(UserError, match="belongs to another pool"):
        read_decisions(["b", "a"])


def test_the_card_is_json(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_filter_card({"pool": 2})
    assert read_json(FILTER_CARD) == {"pool": 2}
