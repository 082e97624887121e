"""Rows that do not fit into a GPU's memory at once, with a model that says how many do."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from support.small_models import Cramped

from bettersynth.models.devices import held_model
from bettersynth.models.devices.model_process import ModelProcess
from bettersynth.models.devices.within_memory import RowLimits


@pytest.mark.parametrize("count", [1, 5, 6, 12, 32, 33])
def test_rows_that_do_not_fit_are_asked_for_in_halves(count, capsys):
    model = Cramped(6)
    limits = RowLimits()
    rows = np.arange(count * 2, dtype=np.float32).reshape(count, 2)
    assert np.array_equal(limits.ask(model, "doubled", rows), rows * 2)
    assert ("do not fit" in capsys.readouterr().err) == (count > 6)
    # no later call begins with more rows than fit
    before = len(model.asked)
    limits.ask(model, "doubled", rows)
    assert max(model.asked[before:]) <= 6


def test_columns_and_lists_are_cut_by_rows_too():
    limits = RowLimits()
    columns = {"a": np.arange(9), "b": np.arange(9) * 10}
    assert limits.ask(Cramped(2), "sums", columns) == [11 * number for number in range(9)]
    words = [f"word {number}" for number in range(5)]
    assert limits.ask(Cramped(2), "lengths", words) == [6] * 5


def test_what_does_not_fit_alone_or_has_no_rows_is_the_callers_to_hear():
    limits = RowLimits()
    with pytest.raises(torch.OutOfMemoryError):
        limits.ask(Cramped(0), "doubled", np.zeros((4, 2)))
    with pytest.raises(torch.OutOfMemoryError):
        limits.ask(Cramped(2), "whole", np.zeros((4, 2)))
    with pytest.raises(ValueError, match="no lack of memory"):
        limits.ask(Cramped(9), "broken", np.zeros((4, 2)))


def test_a_model_here_and_one_in_a_process_of_its_own_are_asked_so():
    rows = np.ones((8, 2))
    own = held_model.held_model(Cramped, 3)
    assert np.array_equal(own.ask("doubled", rows), rows * 2)
    served = ModelProcess()
    load = ("support.small_models", "Cramped", (3,))
    for _ in range(2):
        assert np.array_equal(served.answer((load, "doubled", (rows,))), rows * 2)
    # 8 and 4 do not fit, and are not tried again
    assert served.models[load].asked == [8, 4] + [2] * 8
