"""Where the project begins that a folder is part of."""

from __future__ import annotations

from pathlib import Path


def project_root(folder: Path | None = None) -> Path:
    """Return the nearest folder from here up that holds a project (`dvc.yaml`, `conf/`).

    Outside of any project it is the current folder itself.
    """
    here = folder or Path.cwd()
    for place in (here, *here.parents):
        if (place / "dvc.yaml").is_file() and (place / "conf").is_dir():
            return place
    return here
