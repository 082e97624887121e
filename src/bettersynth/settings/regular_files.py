"""What lies where a file is to be read: a folder is none, and a pipe is waited for without end."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

from bettersynth.errors import UserError

FOLDER = "a folder"
LOOP = "a link that leads back to itself"
KINDS = {
    stat.S_IFDIR: FOLDER,
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def other_kind(path: str | Path) -> str:
    """Return in words what lies at `path`, "" for a regular file and where nothing is.

    Links are followed; one to what does not exist is nothing.

    Raises:
        OSError: it cannot be looked at, as without permission.
    """
    try:
        mode = os.stat(path).st_mode
    # a name with a zero byte is a ValueError
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return ""
    except OSError as error:
        if error.errno != errno.ELOOP:
            raise
        return LOOP
    return "" if stat.S_ISREG(mode) else KINDS.get(stat.S_IFMT(mode), "something else")


def is_there(path: str | Path) -> bool:
    """Return whether a file lies at `path`.

    Raises:
        UserError: a folder lies there, or what else is no regular file.
    """
    if kind := other_kind(path):
        raise UserError(f"{path} is {kind}; it must be a file: move it away, and run again")
    return os.path.isfile(path)


def file_or_folder_is_there(path: str | Path) -> bool:
    """Return whether a file or a folder lies at `path`.

    Raises:
        UserError: something else does.
    """
    kind = other_kind(path)
    if kind not in ("", FOLDER):
        raise UserError(
            f"{path} is {kind}; it must be a file or a folder: move it away, and run again"
        )
    return os.path.exists(path)


def folder_is_there(path: str | Path) -> bool:
    """Return whether a folder lies at `path`.

    Raises:
        UserError: a file lies there, or what else is no folder.
    """
    if os.path.isfile(path):
        raise UserError(f"{path} is a file; it must be a folder: move it away, and run again")
    return file_or_folder_is_there(path)


def read_regular(path: str | Path) -> bytes:
    """Return the bytes of a file.

    Raises:
        FileNotFoundError: no such file.
        UserError: as `is_there`.
    """
    is_there(path)
    return Path(path).read_bytes()
