"""A hash of a model's files, so that a score knows which weights made it."""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path

from bettersynth.data.files.hashing import remembered_sha256

_DECIDES = (
    ".safetensors",
    ".bin",
    ".pt",
    ".pth",
    ".onnx",
    ".json",
    ".txt",
    ".model",
    ".arpa",
    ".ftz",
    ".npz",
    ".xml",
)


@functools.lru_cache(maxsize=64)
def hash_of_model(name: str | Path) -> str:
    """Return 16 hex digits over the names and contents of the files in folder or file `name`; for a hub id, over the id.

    A file is read once: its hash is remembered by path, size and time of change.
    """
    path = Path(name)
    if not path.exists():
        return hashlib.sha256(f"hub:{name}".encode()).hexdigest()[:16]
    files = (
        [path]
        if path.is_file()
        else sorted(p for p in path.rglob("*") if p.suffix in _DECIDES and p.is_file())
    )
    digest = hashlib.sha256()
    for file in files:
        digest.update(
            f"{file.relative_to(path) if path.is_dir() else file.name}\0{remembered_sha256(file)}\n".encode()
        )
    return digest.hexdigest()[:16]


def file_of_model(name: str | Path, *files: str) -> Path:
    """Return the first of `files` that a model has, a folder on this disk or a hub id.

    Raises:
        OSError: it has none, or is neither on this disk nor can it be fetched.
    """
    if Path(name).is_dir():
        for file in files:
            if (Path(name) / file).is_file():
                return Path(name) / file
        raise OSError(f"{name} holds no {' or '.join(files)}")
    from transformers.utils import cached_file, logging

    logging.disable_progress_bar()
    found = (
        cached_file(str(name), file, _raise_exceptions_for_missing_entries=False)
        for file in files[:-1]
    )
    return Path(next(filter(None, found), None) or cached_file(str(name), files[-1]))
