"""Whether a path is a file that rows can be read from; what else it is, is said in words."""

from __future__ import annotations

import codecs
import errno
import os
import stat
from pathlib import Path

from bettersynth.data.files.compressed import damage_told, open_unpacked
from bettersynth.errors import UserError

# the longer mark first: that of UTF-32 begins as that of UTF-16
BYTE_ORDER_MARKS = {
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}
KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def require_row_file(path: Path, shown: str, advice: str = "") -> None:
    """Pass if there is a regular file at `path`, which messages call `shown`.

    Raises:
        UserError: there is nothing or something else; `advice` says what to do where nothing is.
        OSError: it cannot be looked at, as without permission.
    """
    try:
        mode = os.stat(path).st_mode
    except (FileNotFoundError, NotADirectoryError):
        if path.is_symlink():
            raise UserError(
                f"{shown} is a link to {os.readlink(path)}, which does not exist"
            ) from None
        raise UserError(f"{shown} does not exist{advice}") from None
    except OSError as error:
        if error.errno != errno.ELOOP:
            raise
        raise UserError(f"{shown} is a link that leads back to itself") from None
    if not stat.S_ISREG(mode):
        kind = KINDS.get(stat.S_IFMT(mode), "something else")
        raise UserError(f"{shown} is {kind}, no regular file; copy what it gives into one")


def require_utf8(path: Path) -> None:
    """Pass if a file of text, packed or not, does not begin as one of UTF-16 or UTF-32.

    Raises:
        FileNotFoundError: no such file.
        UserError: it does, or is packed and damaged.
    """
    with open_unpacked(path) as stream, damage_told(path):
        start = stream.read(len(codecs.BOM_UTF32_LE))
    for mark, encoding in BYTE_ORDER_MARKS.items():
        if start.startswith(mark):
            raise UserError(
                f"{path} is {encoding} text; it must be UTF-8: "
                f"`iconv -f {encoding} -t UTF-8` makes it so"
            )
