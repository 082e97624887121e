"""Whether a path is a file that rows can be read from; what else it is, is said in words."""

from __future__ import annotations

import codecs
import os
from pathlib import Path

from bettersynth.data.files.compressed import damage_told, open_unpacked
from bettersynth.errors import UserError
from bettersynth.settings.regular_files import LOOP, other_kind

# the longer mark first: that of UTF-32 begins as that of UTF-16
BYTE_ORDER_MARKS = {
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}


def require_row_file(path: Path, shown: str, advice: str = "") -> None:
    """Pass if there is a regular file at `path`, which messages call `shown`.

    Raises:
        UserError: there is nothing or something else; `advice` says what to do where nothing is.
        OSError: it cannot be looked at, as without permission.
    """
    kind = other_kind(path)
    if kind == LOOP:
        raise UserError(f"{shown} is {kind}")
    if kind:
        raise UserError(f"{shown} is {kind}, no regular file; copy what it gives into one")
    if path.exists():
        return
    if path.is_symlink():
        raise UserError(f"{shown} is a link to {os.readlink(path)}, which does not exist")
    raise UserError(f"{shown} does not exist{advice}")


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
