"""The section `files` of `params.yaml`: what a run needs from outside."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class NeededSettings:
    """One entry of `files`: a file or folder at `path`, or files of an installed `package`.

    `holds`: patterns of what a model's folder must hold (`a|b`: one of them); each such file is
    listed. `folder`: of pictures, which are counted. `origin`: where it comes from. `sha256`: of a
    file, where its publisher gives one. An entry names what it has, so the rest has defaults here.
    """

    origin: str
    path: Path | None = None
    package: str | None = None
    holds: tuple[str, ...] = ()
    folder: bool = False
    sha256: str | None = None
