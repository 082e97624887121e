"""Temporary files and folders: named after their process, so that those of dead ones can go."""

from __future__ import annotations

import functools
import os
import re
import shutil
import socket
from pathlib import Path


def temporary_prefix(name: str) -> str:
    """Return how this process begins the name of what it writes before `name` is whole.

    `tempfile` adds eight characters. The id of a process means nothing on another machine, so the
    host stands in it too.
    """
    return f".{name}.{socket.gethostname()}-{os.getpid()}-"


# Once a folder and process: listing a large folder at each write would cost more than the write
@functools.cache
def remove_leftovers(folder: Path) -> None:
    """Remove the temporary files and folders that dead processes of this machine left there."""
    ending = re.compile(rf"\..+\.{re.escape(socket.gethostname())}-(\d+)-[a-z0-9_]{{8}}")
    for entry in os.scandir(folder):
        name = ending.fullmatch(entry.name)
        if name is None or _is_alive(int(name.group(1))):
            continue
        # another process may remove it as well
        if entry.is_dir(follow_symlinks=False):
            shutil.rmtree(entry.path, ignore_errors=True)
        else:
            Path(entry.path).unlink(missing_ok=True)


def _is_alive(process: int) -> bool:
    try:
        # signal 0 only asks whether it is there
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        # another user's
        return True
    return True
