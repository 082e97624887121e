"""Hashes that stand for contents: of bytes, of files, of folders of weights, of texts."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from pathlib import Path

from bettersynth.data.files.scratch import scratch_folder
from bettersynth.data.files.writing import complete_or_absent

# files from this size on are read once
REMEMBERED_BYTES = 4 * 2**20
REMEMBERED = re.compile(rb'"[0-9a-f]{64}"\s*')


def sha256_of_bytes(data: bytes) -> str:
    """Return 64 hex digits."""
    return hashlib.sha256(data).hexdigest()


def sha256_of_file(path: str | Path) -> str:
    """Return 64 hex digits."""
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def remembered_sha256(path: str | Path) -> str:
    """Return a file's sha256.

    A large one is read once: its hash is remembered by path, size and time of change.
    """
    path = Path(path)
    status = path.stat()
    if status.st_size < REMEMBERED_BYTES:
        return sha256_of_file(path)
    # by the real path: a link and its target share one entry
    state = json.dumps([str(path.resolve()), status.st_size, status.st_mtime_ns])
    known = scratch_folder("model_hashes") / f"{sha256_of_bytes(state.encode())}.json"
    remembered = known.read_bytes() if known.exists() else b""
    # What a full disk or a lost power cut short is hashed again
    if not REMEMBERED.fullmatch(remembered):
        remembered = f'"{sha256_of_file(path)}"\n'.encode()
        with complete_or_absent(known) as temporary:
            temporary.write_bytes(remembered)
    return remembered.decode().strip().strip('"')


def hashes_in_folder(folder: str | Path) -> dict[str, str]:
    """Return the sha256 of every file under a folder of weights, by its path in there, sorted."""
    hashes = {}
    for path in sorted(Path(folder).rglob("*")):
        if path.is_file():
            hashes[str(path.relative_to(folder))] = remembered_sha256(path)
    return hashes


def content_key(parts: Iterable[str]) -> bytes:
    """Return 16 bytes that stand for texts in their order.

    Lengths are hashed too, so that texts cannot run into each other.
    """
    digest = hashlib.blake2b(digest_size=16)
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        digest.update(len(data).to_bytes(8, "little"))
        digest.update(data)
    return digest.digest()
