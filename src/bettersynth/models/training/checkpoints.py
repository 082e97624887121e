"""Checkpoints of a run that was cut short, and the newest of them that is whole."""

from __future__ import annotations

import shutil
from pathlib import Path

from bettersynth.data.files.hashing import sha256_of_file
from bettersynth.data.files.reading import read_json
from bettersynth.data.files.writing import sync, write_json
from bettersynth.errors import UserError, warn

# of what is trained; the frozen rest is not saved
WEIGHTS = "trained.safetensors"
# written last: a checkpoint without it was cut short
SEAL = "sealed.json"


def last_checkpoint(folder: Path, remove_broken: bool = True) -> Path | None:
    """Return the newest complete checkpoint, None if there is none.

    With `remove_broken`, those that a kill cut short, or that were damaged since, are removed on
    the way, with a line that says so.
    """
    # by number: as a name, checkpoint-1000 would stand before checkpoint-200
    newest_first = sorted(folder.glob("checkpoint-*"), key=_step, reverse=True)
    for path in newest_first:
        if _is_complete(path):
            return path
        if remove_broken:
            warn(f"{path} is not whole: going on from the checkpoint before")
            shutil.rmtree(path)
    return None


def _step(checkpoint: Path) -> int:
    return int(checkpoint.name.split("-")[1])


def seal(checkpoint: Path) -> None:
    """Write the hash of each of a checkpoint's files beside them, when all are on the disk."""
    hashes = {}
    for path in _files(checkpoint):
        # on the disk before the seal is: a power cut must not leave a seal over empty files
        sync(path)
        hashes[path.relative_to(checkpoint).as_posix()] = sha256_of_file(path)
    write_json(checkpoint / SEAL, hashes)


def _files(checkpoint: Path) -> list[Path]:
    files = []
    for path in checkpoint.rglob("*"):
        if path.is_file() and path.name != SEAL:
            files.append(path)
    return sorted(files)


def _is_complete(checkpoint: Path) -> bool:
    """Whether each file is what was sealed: the Trainer unpickles some without looking at them."""
    try:
        hashes = read_json(checkpoint / SEAL)
        if not isinstance(hashes, dict) or not hashes:
            return False
        for name, sealed_hash in hashes.items():
            if sha256_of_file(checkpoint / name) != sealed_hash:
                return False
    except (OSError, UserError):
        return False
    return True


def forget(scratch: Path) -> None:
    """Remove a finished run's checkpoints."""
    shutil.rmtree(scratch, ignore_errors=True)
