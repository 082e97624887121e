"""The logged losses of a training stage: `results/STAGE/SEED.tsv` with the columns step, loss and
others.
"""

from __future__ import annotations

import math
from pathlib import Path

from bettersynth.data.files.reading import brought_back
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
        UserError: the file is missing, empty, damaged, has no columns step and loss, or no finite
            loss.
    """
    path = curve_path(stage, seed)
    try:
        return _curve_in(read_made_bytes(path).decode("utf-8"), path)
    except ValueError:
        # bytes that are no text, or cells that are no numbers
        raise UserError(f"{path} is damaged; {brought_back(path)}") from None


def _curve_in(text: str, path: Path) -> Curve:
    header, *lines = text.splitlines() or [""]
    columns = header.split("\t")
    if not lines or not {"step", "loss"} <= set(columns):
        raise UserError(f"{path} holds no loss curve; delete it and run again")
    steps: list[float] = []
    losses: list[float] = []
    for line in lines:
        cells = dict(zip(columns, line.split("\t"), strict=True))
        # an empty cell is a value that was not logged at this step
        values = {name: float(cell) if cell else math.nan for name, cell in cells.items()}
        loss = values["loss"]
        if math.isfinite(loss):
            steps.append(values["step"])
            losses.append(loss)
    if not losses:
        raise UserError(f"{path} holds no finite loss; delete it and run again")
    return steps, losses
