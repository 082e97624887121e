"""A worker process ends with the process that it works for, however that one ends."""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import select
import signal
import sys
import threading

# Loaded here and not between a fork and what follows it, where a lock of the loader may be held
_C_LIBRARY = ctypes.CDLL(None)
# Linux's prctl: send this signal to me when my parent is gone
SIGNAL_AT_PARENTS_DEATH = 1


def end_with_parent() -> None:
    """Let this process be killed when its parent ends, by a kill too; only on Linux.

    What is killed cannot end its workers itself: they would wait for work for ever. To Linux the
    parent is the thread that started this process, so no thread that ends early may start one.
    """
    if sys.platform != "linux":
        return
    _C_LIBRARY.prctl(SIGNAL_AT_PARENTS_DEATH, signal.SIGKILL)
    parent = multiprocessing.parent_process()
    # gone before it was asked for
    if parent is not None and not parent.is_alive():
        os.kill(os.getpid(), signal.SIGKILL)


def end_with(process: int) -> None:
    """Let this process be killed when another one ends, which need not be its parent; only on
    Linux.

    Between a step and the ranks that it launches stand processes of the launcher's, which nobody
    ends when they lose their parent.
    """
    if sys.platform != "linux":
        return
    try:
        watched = os.pidfd_open(process)
    except ProcessLookupError:
        os.kill(os.getpid(), signal.SIGKILL)
    else:
        threading.Thread(target=_die_after, args=(watched,), daemon=True).start()


def _die_after(watched: int) -> None:
    # readable once the process has ended
    select.select([watched], [], [])
    os.kill(os.getpid(), signal.SIGKILL)
