"""The logged losses of a training stage: `results/STAGE/SEED.tsv` with the columns step, loss and
others.
"""

from __future__ import annotations

import math
from pathlib import Path

from bettersynth.data.tables.made_files import read_made_bytes
from bettersynth.errors import UserError

Curve = tuple[list[float], list[float]]
"""The steps and their losses, equally long."""


def curve_path(stage: str, seed: int) -> Path:
    """Return where `stage` (`pretrain` or `finetune`) logs the losses of a training seed."""
    return Path(f"results/{stage}/{seed}.tsv")


def read_curve(stage: str, seed: int) -> Curve:
    """Return the steps and losses of one training; steps without a finite loss are left out.

    Raises:
        UserError: the file is missing, empty, has no columns step and loss, or no finite loss.
    """
    path = curve_path(stage, seed)
    header, *lines = read_made_bytes(path).decode("utf-8").splitlines() or [""]
    columns = header.split("\t")
    if not lines or not {"step", "loss"} <= set(columns):
        raise UserError(f"{path} holds no loss curve; delete it and run again")
    steps: list[float] = []
    losses: list[float] = []
    for line in lines:
        # an empty cell is a value that was not logged at this step
        values = [float(cell) if cell else math.nan for cell in line.split("\t")]
        loss = values[columns.index("loss")]
        if math.isfinite(loss):
            steps.append(values[columns.index("step")])
            losses.append(loss)
    if not losses:
        raise UserError(f"{path} holds no finite loss; delete it and run again")
    return steps, losses
