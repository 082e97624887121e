"""The learning-rate schedule: linear warm-up, then half a cosine down to 0."""

from __future__ import annotations

import math

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR


def warmup_steps(steps: int, share: float) -> int:
    """Return the length of the warm-up, rounded up."""
    return math.ceil(steps * share)


def cosine_factor(step: int, steps: int, warmup: int) -> float:
    """Return what the peak learning rate is multiplied with at `step` (from 0) of `steps`."""
    # the first step has rate 0, as in transformers' schedule
    if step < warmup:
        return step / max(1, warmup)
    progress = (step - warmup) / max(1, steps - warmup)
    cosine = math.cos(math.pi * progress)
    return max(0.0, 0.5 * (1.0 + cosine))


def cosine_schedule(optimizer: Optimizer, steps: int, warmup_share: float) -> LambdaLR:
    """Return the schedule of a run of `steps` optimiser steps."""
    warmup = warmup_steps(steps, warmup_share)
    return LambdaLR(optimizer, lambda step: cosine_factor(step, steps, warmup))
