"""Lines of a text file, plain or compressed (.gz, .zst), read as a stream."""

from __future__ import annotations

import contextlib
import gzip
import io
import itertools
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from bettersynth.errors import UserError

COMPRESSIONS = (".gz", ".zst")
# A few bytes can unpack to any number: no row of words comes near this
MAX_UNPACKED_BYTES = 64 * 2**20


def ending(path: Path) -> str:
    """Return the ending of a file's name in small letters, with what is under a compression:
    `.jsonl.gz`.
    """
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if suffixes and suffixes[-1] in COMPRESSIONS:
        return "".join(suffixes[-2:])
    return suffixes[-1] if suffixes else ""


def open_unpacked(path: Path) -> BinaryIO:
    """Open a file for reading what it holds unpacked.

    Raises:
        FileNotFoundError: no such file.
    """
    compression = path.suffix.lower()
    if compression == ".gz":
        return gzip.open(path, "rb")
    if compression == ".zst":
        # 30 MB that a recipe's run does without
        import pyarrow as pa

        return io.BufferedReader(pa.input_stream(str(path), compression="zstd"))
    return open(path, "rb")


def unpacked_lines(path: Path) -> Iterator[bytes]:
    """Yield the lines of a file.

    Raises:
        FileNotFoundError: no such file.
        UserError: a compressed file is damaged, or a line of it longer than `MAX_UNPACKED_BYTES`.
    """
    if path.suffix.lower() not in COMPRESSIONS:
        with open(path, "rb") as stream:
            yield from stream
        return
    with open_unpacked(path) as stream:
        for number in itertools.count(1):
            with damage_told(path, f" after line {number - 1}"):
                line = _limited(stream.readline, f"{path} line {number}", "; a row must be shorter")
            if not line:
                return
            yield line


def unpacked_bytes(path: Path) -> bytes:
    """Return all that a file holds.

    Raises:
        FileNotFoundError: no such file.
        UserError: a compressed file is damaged, or unpacks to more than `MAX_UNPACKED_BYTES`.
    """
    if path.suffix.lower() not in COMPRESSIONS:
        return path.read_bytes()
    with open_unpacked(path) as stream, damage_told(path):
        return _limited(stream.read, str(path), " in one list; write one object a line")


def _limited(read: Callable[[int], bytes], what: str, advice: str) -> bytes:
    """Return what `read` gives, a file's or a line's bytes."""
    content = read(MAX_UNPACKED_BYTES + 1)
    if len(content) > MAX_UNPACKED_BYTES:
        raise UserError(f"{what} unpacks to more than {MAX_UNPACKED_BYTES:,} bytes{advice}")
    return content


@contextlib.contextmanager
def damage_told(path: Path, place: str = "") -> Iterator[None]:
    """Turn what unpacking raises on a damaged file into one line.

    Raises:
        UserError: the file is damaged.
    """
    try:
        yield
    except (OSError, EOFError, zlib.error) as error:
        # the disk's own, such as a missing permission
        if getattr(error, "errno", None):
            raise
        raise UserError(f"{path} is damaged{place}: {error}") from None
