"""What a killed run of Snakemake left behind does not stand in the way of the next one."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

LOCKS = Path(".snakemake/locks")
RUNNING = Path(".snakemake/running")


def begin_run() -> None:
    """Remove Snakemake's locks of this folder if the run that made them was killed.

    Each run holds `RUNNING` together with the others, for as long as its process lives, however it
    ends. Whoever can have it alone is the only one here. Another run's locks stay: Snakemake
    refuses to go on beside it.
    """
    RUNNING.parent.mkdir(exist_ok=True)
    # never closed: the system does that when this process ends
    running = os.open(RUNNING, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        fcntl.flock(running, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        pass
    else:
        for lock in LOCKS.glob("*"):
            lock.unlink(missing_ok=True)
    fcntl.flock(running, fcntl.LOCK_SH)
