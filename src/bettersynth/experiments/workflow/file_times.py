"""Times of files that lie in the future, after a clock was set back.

Snakemake compares an output that was made now with such an input, calls it older, and removes it: a
model of hours. DVC looks at the bytes, so a file's time may be set.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterable
from pathlib import Path

# Snakemake's own mark in a folder: its time counts as the folder's
FOLDER_MARK = ".snakemake_timestamp"


def take_back_from_future(paths: Iterable[str]) -> None:
    """Set each file or folder whose time is later than now to a second ago."""
    now = time.time()
    for path in paths:
        for place in (Path(path), Path(path, FOLDER_MARK)):
            # another user's file, or none
            with contextlib.suppress(OSError):
                if place.stat().st_mtime > now:
                    os.utime(place, (now - 1, now - 1))
