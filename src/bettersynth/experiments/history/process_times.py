"""The CPU seconds of this process and of all that worked for it."""

from __future__ import annotations

import resource
from multiprocessing import forkserver


def cpu_seconds() -> float:
    """Return the CPU seconds, user's and system's, of this process since it began and of those
    that worked for it and ended.
    """
    own = resource.getrusage(resource.RUSAGE_SELF)
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    counted = own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime
    return counted + _of_fork_server()


def _of_fork_server() -> float:
    """Return what the server of forked workers took, with those of its workers that ended.

    The workers are its children, not ours, and it ends after us: the system never tells us.
    """
    import psutil

    server = forkserver._forkserver._forkserver_pid
    if server is None:
        return 0.0
    try:
        times = psutil.Process(server).cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    # macOS counts no children
    children = getattr(times, "children_user", 0.0) + getattr(times, "children_system", 0.0)
    return float(times.user + times.system + children)
