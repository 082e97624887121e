"""No command writes over a file that it reads, whatever name the file is given by."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from bettersynth.data.files.project import project_root
from bettersynth.errors import UserError

# of a project, beside conf: what it is run by, and what it has run
SETTINGS = ("params.yaml", "dvc.yaml", "dvc.lock", "Snakefile")


def refuse_overwriting(
    outputs: Mapping[str, Path], inputs: Iterable[Path], writes_settings: bool = False
) -> None:
    """Pass if none of `outputs`, by the setting or argument that names it, is one of `inputs`, nor
    of the project's settings unless `writes_settings` says that those are what is written.

    Spelling, symbolic links and hard links do not matter, and neither needs to exist.

    Raises:
        UserError: one is, or is a folder, over which no file can be written.
    """
    read: dict[Any, Path] = {}
    if not writes_settings:
        inputs = [*inputs, *_settings_files()]
    for path in inputs:
        for identity in _identities(path):
            read.setdefault(identity, path)
    for name, output in outputs.items():
        if output.is_dir():
            raise UserError(f"{name} {output} is a folder; name a file")
        for identity in _identities(output):
            if identity in read:
                raise UserError(
                    f"{name} {output} would be written over {read[identity]}, which is read; "
                    "name another file"
                )


def _settings_files() -> list[Path]:
    """Return the settings of the project that the working folder is in, as seen from there."""
    root = Path(os.path.relpath(project_root(Path.cwd())))
    return [*(root / name for name in SETTINGS), *(root / "conf").rglob("*.yaml")]


def _identities(path: Path) -> list[Any]:
    """Return what tells whether two paths are one file: where it lies, and what lies there."""
    identities: list[Any] = [os.path.realpath(path)]
    try:
        status = os.stat(path)
    except OSError:
        # not there yet, or out of reach
        return identities
    return [*identities, (status.st_dev, status.st_ino)]
