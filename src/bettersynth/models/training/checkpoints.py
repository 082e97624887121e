"""Checkpoints of a run that was cut short, and the newest of them that is whole."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file

WEIGHTS = "trained.safetensors"  # of what is trained; the frozen rest is not saved


def last_checkpoint(folder: Path, remove_broken: bool = True) -> Path | None:
    """Return the newest complete checkpoint, None if there is none.

    With `remove_broken`, those that a kill cut short are removed on the way.
    """
    newest_first = sorted(folder.glob("checkpoint-*"), key=_step, reverse=True)
    for path in newest_first:
        if _is_complete(path):
            return path
        if remove_broken:
            shutil.rmtree(path)
    return None


def _step(checkpoint: Path) -> int:
    return int(checkpoint.name.split("-")[1])


def _is_complete(checkpoint: Path) -> bool:
    try:
        json.loads((checkpoint / "trainer_state.json").read_text())  # the Trainer writes it last
        if (checkpoint / WEIGHTS).exists():
            load_file(checkpoint / WEIGHTS)
    except (OSError, ValueError, SafetensorError):
        return False
    return True


def forget(scratch: Path) -> None:
    """Remove a finished run's checkpoints."""
    shutil.rmtree(scratch, ignore_errors=True)
