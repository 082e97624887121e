"""The folder `.cache/`: resumable work and cached scores, shared by all experiments of a clone."""

from __future__ import annotations

import os
from pathlib import Path

from bettersynth.data.files.project import project_root


def scratch_folder(*parts: str) -> Path:
    """Return a folder under `.cache/` of the project, made if it is not there.

    `dvc exp run --temp` and `--queue` run in a copy of the tree under `.dvc/tmp/exps`; the cache
    of the tree around it is used there, so that a queued experiment scores nothing twice.
    `BETTERSYNTH_CACHE` names another place.
    """
    here = project_root()
    for parent in here.parents:
        if parent.name == ".dvc" and here.relative_to(parent).parts[:2] == ("tmp", "exps"):
            here = parent.parent
            break
    folder = Path(os.environ.get("BETTERSYNTH_CACHE", here / ".cache")).joinpath(*parts)
    folder.mkdir(parents=True, exist_ok=True)
    return folder
