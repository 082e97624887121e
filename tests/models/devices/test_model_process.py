"""The process that holds models, without the process."""

from __future__ import annotations

import time

from bettersynth.models.devices.model_process import ModelProcess


def test_the_holder_counts_how_long_its_models_work():
    process = ModelProcess()
    request = (("support.small_models", "Doubling", (2,)), "wait", (0.02,))
    for _ in range(3):
        process.answer(request)
        time.sleep(0.02)
    use = process.answer(None)
    # the first turn, which loads libraries, does not count
    assert 0.04 <= use.busy <= use.seconds
    assert use.seconds >= 0.08
