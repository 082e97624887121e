"""What a machine may lack, told in one line, whichever library met it first and in what words."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator

from bettersynth.data.files.writing import WHILE_WRITING

AGAIN = "run the same command again: what was finished is kept"
# torch, safetensors, SQLite and the loader of compiled code have errors of their own
DISK = re.compile(
    r"No space left on device|Disk quota exceeded|File too large|database or disk is full|"
    r"os error (28|122|27)\b|PytorchStreamWriter failed writing|unexpected pos \d+ vs \d+"
)
FILES = re.compile(r"Too many open files|os error 24\b|unable to open database file")
MEMORY = re.compile(
    r"Cannot allocate memory|can't allocate memory|failed to map segment|std::bad_alloc|"
    r"can't start new thread|os error 12\b|error return without exception set|"
    r"returned NULL without setting an exception"
)
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def shortage_in(error: BaseException) -> str | None:
    """Return what was short and what to do; None if neither an error nor one behind it says so."""
    for one in _and_those_behind(error):
        line = _shortage(one)
        if line:
            return line
    return None


def _and_those_behind(error: BaseException) -> Iterator[BaseException]:
    following: BaseException | None = error
    while following is not None:
        yield following
        context = None if following.__suppress_context__ else following.__context__
        following = following.__cause__ or context


def _shortage(error: BaseException) -> str | None:
    number = getattr(error, "errno", None)
    text = str(error)
    place = _place_of(error)
    if number in NO_ROOM or DISK.search(text):
        reason = "File too large" if number == errno.EFBIG else "No space left on device"
        return f"{reason}{place}; make room there, then {AGAIN}"
    if number in (errno.EMFILE, errno.ENFILE) or FILES.search(text):
        return f"Too many open files{place}; raise the limit (`ulimit -n 1024`), then {AGAIN}"
    if isinstance(error, MemoryError) or number == errno.ENOMEM or MEMORY.search(text):
        return (
            "out of memory; the machine, or a limit (ulimit -v), has no more of it; close other "
            f"programs, or use fewer processes (BETTERSYNTH_THREADS=1), then {AGAIN}"
        )
    return None


def _place_of(error: BaseException) -> str:
    """Return `: PATH` of the file at hand, "" where nobody knows it."""
    for note in getattr(error, "__notes__", []):
        if note.startswith(WHILE_WRITING):
            return f": {note.removeprefix(WHILE_WRITING)}"
    name = getattr(error, "filename", None)
    return f": {name}" if name else ""
