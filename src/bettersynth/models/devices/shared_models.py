"""Several workers of a machine share its GPUs: one process a GPU holds the models for all."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bettersynth.models.devices.gpus import visible_gpus
from bettersynth.models.devices.held_model import FOLDER, note_uses


@contextlib.contextmanager
def sharing_models(workers: int) -> Iterator[None]:
    """Let models be held once a GPU while the block works with so many processes.

    Without GPUs, with one worker, or where they are shared already, nothing changes.
    """
    if workers <= 1 or FOLDER in os.environ or not visible_gpus():
        yield
        return
    # for this user alone; short, as a socket's address may have 107 letters
    folder = tempfile.mkdtemp(prefix="bettersynth-")
    os.environ[FOLDER] = folder
    try:
        yield
    finally:
        note_uses(Path(folder))
        del os.environ[FOLDER]
        shutil.rmtree(folder, ignore_errors=True)
