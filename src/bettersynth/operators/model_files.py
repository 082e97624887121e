"""A hash of a model's files, so that a score knows which weights made it."""

from __future__ import annotations

import functools
import hashlib
import json
from pathlib import Path

from bettersynth.files import scratch_folder, sha256_of_file, write_json

_DECIDES = (".safetensors", ".bin", ".pt", ".pth", ".onnx", ".json", ".txt", ".model", ".arpa", ".ftz", ".npz", ".xml")


@functools.lru_cache(maxsize=64)
def hash_of_model(name: str | Path) -> str:
    """Return 16 hex digits over the names and contents of the files in folder or file `name`; for a hub id, over the id.

    A file is read once: its hash is remembered by path, size and time of change.
    """
    path = Path(name)
    if not path.exists():
        return hashlib.sha256(f"hub:{name}".encode()).hexdigest()[:16]
    files = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.suffix in _DECIDES and p.is_file())
    digest = hashlib.sha256()
    for file in files:
        digest.update(f"{file.relative_to(path) if path.is_dir() else file.name}\0{_hash_of_file(file)}\n".encode())
    return digest.hexdigest()[:16]


def _hash_of_file(file: Path) -> str:
    status = file.stat()
    if status.st_size < 2**22:
        return sha256_of_file(file)
    key = hashlib.sha256(json.dumps([str(file.resolve()), status.st_size, status.st_mtime_ns]).encode()).hexdigest()
    known = scratch_folder("model_hashes") / f"{key}.json"
    if not known.exists():
        write_json(known, sha256_of_file(file))
    return str(json.loads(known.read_text(encoding="utf-8")))
