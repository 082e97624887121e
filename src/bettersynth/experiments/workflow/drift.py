"""Whether the files of a run are still what they came from: params.yaml, and the tree."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from bettersynth.data.files.hashing import sha256_of_file
from bettersynth.experiments.workflow.compose import composed
from bettersynth.settings.reading import load_params


def composition_drift(params: str | Path = "params.yaml") -> list[str]:
    """Return the sections of `params` that differ from what `conf/` composes to (an applied
    experiment differs legitimately).
    """
    from_conf = composed()
    current = load_params(params)
    sections = sorted(from_conf.keys() | current.keys())
    return [name for name in sections if from_conf.get(name) != current.get(name)]


def tree_digest(paths: Sequence[str]) -> str:
    """Return one sha256 over the names and bytes of `paths`, files and folders' files (without
    `__pycache__`).
    """
    digest = hashlib.sha256()
    for path in map(Path, paths):
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        for file in files:
            # compiled code follows from its source, and holds times
            if file.is_file() and "__pycache__" not in file.parts:
                digest.update(f"{file.as_posix()}\0{sha256_of_file(file)}\n".encode())
    return digest.hexdigest()
