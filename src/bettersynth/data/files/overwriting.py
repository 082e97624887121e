"""No command writes over a file that it reads, nor over one that people write, whatever name the
file is given by.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from bettersynth.data.files.project import project_root
from bettersynth.errors import UserError

# of a project, beside conf: what it is run by, and what it has run
SETTINGS = ("params.yaml", "dvc.yaml", "dvc.lock", "Snakefile")
# Endings of what commands write: who keeps such a file in git may have it made anew ...
WRITTEN = frozenset(".csv .html .json .jsonl .parquet .tar .tsv .xlsx .yaml".split())
# ... but in these folders of the project, whose files are the project's own
PROJECTS_OWN = frozenset(".ci .dvc benchmarks conf docs models profiles src tests workflow".split())
RESULTS = "results"


def refuse_overwriting(
    outputs: Mapping[str, Path],
    inputs: Iterable[Path],
    writes_settings: bool = False,
    made_before: Callable[[Path], bool] = lambda _: False,
) -> None:
    """Pass if none of `outputs`, by the setting or argument that names it, is one of `inputs`, nor
    of the project's settings unless `writes_settings` says that those are what is written, nor a
    file in git that no command writes.

    Spelling, symbolic links and hard links do not matter, and neither needs to exist. A file in git
    of which `made_before` is true may be written.

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
        if _is_peoples(output) and not made_before(output):
            raise UserError(
                f"{name} {output} would be written over a file that git keeps; name another file, "
                f"or take that one out of git first (`git rm --cached {output}`)"
            )


def _is_peoples(path: Path) -> bool:
    """Whether git keeps the file at `path`, and it is none that a command may make anew."""
    place = Path(os.path.realpath(path))
    if not place.is_file():
        return False
    inside = place.relative_to(project_root(place.parent)).parts
    if inside[0] == RESULTS:
        return False
    if place.suffix.lower() in WRITTEN and inside[0] not in PROJECTS_OWN:
        return False
    return _is_in_git(place)


def _is_in_git(place: Path) -> bool:
    # a name may hold what git takes for a pattern
    words = ["git", "--literal-pathspecs", "ls-files", "--error-unmatch", "--", place.name]
    try:
        done = subprocess.run(words, cwd=place.parent, check=False, capture_output=True)
    except OSError:
        # no git here
        return False
    return done.returncode == 0


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
