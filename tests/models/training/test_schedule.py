from __future__ import annotations

import json

import pytest
import torch
from support.mgm_reference import PREPROCESS

from bettersynth.models.training.schedule import cosine_schedule, warmup_steps

REFERENCE = json.loads((PREPROCESS / "lr_schedule.json").read_text())


@pytest.mark.parametrize("steps", sorted(REFERENCE, key=int))
def test_rates_equal_the_reference(steps):
    case = REFERENCE[steps]
    assert warmup_steps(int(steps), 0.03) == case["warmup"]
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=case["lr"])
    schedule = cosine_schedule(optimizer, int(steps), 0.03)
    rates = []
    for _ in range(int(steps)):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    assert rates == pytest.approx(case["values"], abs=1e-15)
