"""The share of its time that a model waits."""

import pytest

from bettersynth.models.devices.model_use import Use, in_ledger, in_words, waiting_share


def test_what_is_not_work_is_waiting():
    assert waiting_share([Use(busy=3, first=10, last=20)]) == pytest.approx(0.7)
    assert waiting_share([Use(3, 10, 20), Use(9, 10, 20)]) == pytest.approx(0.4)
    assert in_words(0.4) == "; the model waited 40% of its time"
    assert in_ledger(0.41234) == {"model_waiting_share": 0.412}


def test_a_model_that_nobody_asked_has_no_share():
    assert waiting_share([]) is None
    assert waiting_share([Use(0, 10, 10)]) is None
    assert in_words(None) == ""
    assert in_ledger(None) == {}
