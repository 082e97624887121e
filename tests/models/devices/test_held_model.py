"""One process holds a model for several that ask it."""

from __future__ import annotations

import os

import numpy as np
import pytest
from support.small_models import Doubling, no_model

from bettersynth.errors import UserError
from bettersynth.models.devices import held_model as held


@pytest.fixture
def model_process(tmp_path, monkeypatch):
    """The folder of a process that holds models; it ends with the test."""
    monkeypatch.setenv(held.FOLDER, str(tmp_path))
    held.forget_uses()
    # where the stand-in models are found
    monkeypatch.setenv("PYTHONPATH", "src:tests")
    yield tmp_path
    with held.connect(tmp_path, "") as connection:
        connection.send((("os", "_exit", (0,)), "", ()))


def test_a_served_model_gives_what_the_model_gives(model_process):
    numbers = np.arange(6, dtype=np.float32).reshape(2, 3)
    model = held.held_model(Doubling, 3)
    assert np.array_equal(model.ask("times", numbers), Doubling(3).times(numbers))
    # in another process, which holds one model for all who ask
    holder = model.ask("process")
    assert holder != os.getpid()
    assert held.held_model(Doubling, 3).ask("process") == holder
    assert held.held_model(Doubling, 3).ask("number") == model.ask("number")
    with pytest.raises(UserError, match="no model is called nothing"):
        held.held_model(no_model, "nothing")
    held.note_uses(model_process)
    assert len(held.model_uses()) == 1


def test_without_such_a_process_the_model_is_ones_own():
    model = held.held_model(Doubling, 2)
    assert model.ask("process") == os.getpid()
    with pytest.raises(UserError, match="no model is called nothing"):
        held.held_model(no_model, "nothing")
