"""A hash of a model's files, so that a score knows which weights made it."""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path

from bettersynth.data.files.hashing import remembered_sha256

# what decides a model's numbers: weights, configuration, vocabulary
DECIDING_SUFFIXES = (
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
HASH_DIGITS = 16  # hexadecimal


@functools.lru_cache(maxsize=64)
def hash_of_model(name: str | Path) -> str:
    """Return 16 hex digits over the names and contents of a model's files.

    `name` is a folder or a file; for a hub id the hash is over the id. A file is read once: its
    hash is remembered by path, size and time of change.
    """
    path = Path(name)
    if not path.exists():
        # its files are not here yet; a hub id with another content would go unseen
        return hashlib.sha256(f"hub:{name}".encode()).hexdigest()[:HASH_DIGITS]
    digest = hashlib.sha256()
    for file in _deciding_files(path):
        shown = file.relative_to(path) if path.is_dir() else file.name
        digest.update(f"{shown}\0{remembered_sha256(file)}\n".encode())
    return digest.hexdigest()[:HASH_DIGITS]


def _deciding_files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    files = [file for file in path.rglob("*") if file.suffix in DECIDING_SUFFIXES]
    return sorted(file for file in files if file.is_file())


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
    for file in files[:-1]:
        cached = cached_file(str(name), file, _raise_exceptions_for_missing_entries=False)
        if cached:
            return Path(cached)
    # its error says what is missing
    return Path(cached_file(str(name), files[-1]))
