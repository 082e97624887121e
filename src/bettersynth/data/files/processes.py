"""Mapping over worker processes: one that dies costs the item at hand, and never hangs the rest."""

from __future__ import annotations

import collections
import contextlib
import multiprocessing
import os
import resource
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import forkserver
from pathlib import Path
from typing import Generic, TypeVar

from bettersynth.data.files.orphans import end_with_parent
from bettersynth.data.files.watched_pool import WatchedPool

Item = TypeVar("Item")
Result = TypeVar("Result")

DEATH = "the process that worked on it died: out of memory or time, or a crash in a library"
# One may be somebody's kill, or memory that others took: no reason to leave a sample out
DEATHS_OF_AN_ITEM = 3
# Where the work can't go on without that process
DEAD_WORKER = (
    "a worker process died: the machine ran out of memory, or somebody ended it; run the same "
    "command again, and where memory is short with fewer processes (BETTERSYNTH_THREADS=1)"
)


@dataclass(frozen=True)
class WorkerDied:
    """In the place of an item's result: processes that had no other item died of this one."""

    reason: str = DEATH


@dataclass(frozen=True)
class Limits:
    """What an item may cost a worker beyond which its process ends; None: no limit."""

    seconds: float | None = None
    bytes: int | None = None  # of memory, beyond what the process begins with


@dataclass
class _Chunk(Generic[Item, Result]):
    items: Sequence[Item]
    future: Future[list[Result]]


def map_in_processes(
    function: Callable[[Item], Result],
    items: Sequence[Item],
    processes: int,
    chunk: int = 1,
    limits: Limits | None = None,
) -> Iterator[Result | WorkerDied]:
    """Yield `function` of each item, in order, computed by `processes` processes.

    `chunk` items travel together, which pays where one takes less than a millisecond. When a
    process dies, the items that were under way are computed again, each in a process of its own;
    only one of which `DEATHS_OF_AN_ITEM` of those die is a `WorkerDied`. With one process, all
    runs here, unless there are `limits`, which only a process of its own can keep.
    """
    if processes <= 1 and limits is None:
        yield from map(function, items)
        return
    limits = limits or Limits()
    starts = collections.deque(range(0, len(items), chunk))
    while starts:
        suspects: list[Item] = []
        with _pool(function, processes, limits) as pool:
            waiting: collections.deque[_Chunk[Item, Result]] = collections.deque()
            try:
                while starts or waiting:
                    # Bounded, so that the results of a slow consumer do not pile up
                    while starts and len(waiting) < 4 * processes:
                        part = items[starts[0] : starts[0] + chunk]
                        future = pool.submit(_map, function, part, limits.seconds)
                        waiting.append(_Chunk(part, future))
                        starts.popleft()
                    yield from waiting[0].future.result()
                    waiting.popleft()
            except BrokenProcessPool:
                # submit() itself raises it before a start is taken off, so that none is lost
                for under_way in waiting:
                    suspects += under_way.items
            # the reader's interrupt too: leaving the pool would wait for all that is queued
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
        for item in suspects:
            yield _alone(function, item, limits)


def _map(
    function: Callable[[Item], Result], items: Sequence[Item], seconds: float | None
) -> list[Result]:
    results = []
    for item in items:
        with _deadline(seconds):
            results.append(function(item))
    return results


@contextlib.contextmanager
def _deadline(seconds: float | None) -> Iterator[None]:
    """End this process if the block takes longer: compiled code sees no exception."""
    # without a handler the signal ends the process; 0 sets no timer
    signal.setitimer(signal.ITIMER_REAL, seconds or 0)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _alone(function: Callable[[Item], Result], item: Item, limits: Limits) -> Result | WorkerDied:
    for _ in range(DEATHS_OF_AN_ITEM):
        with _pool(function, 1, limits) as pool:
            try:
                return pool.submit(_map, function, [item], limits.seconds).result()[0]
            except BrokenProcessPool:
                continue
    return WorkerDied()


def _pool(function: Callable[..., object], processes: int, limits: Limits) -> WatchedPool:
    # Not forked from here: torch and its threads may be loaded. The server is started once and has
    # the function's module loaded, so that a process costs a fork and no imports.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([function.__module__])
    return WatchedPool(max(1, processes), context, _begin, (limits.bytes,))


def _begin(size: int | None) -> None:
    # The server ends when nobody holds this file any more; it is given to its processes too, which
    # would keep the server, and it them, when the program was killed
    os.close(forkserver._forkserver._forkserver_alive_fd)
    end_with_parent()
    _limit_memory(size)


def _limit_memory(size: int | None) -> None:
    """Let this process take `size` more bytes of address space than it has now."""
    # Linux; elsewhere memory stays without a limit
    statistics = Path("/proc/self/statm")
    if size is None or not statistics.exists():
        return
    held = int(statistics.read_text().split()[0]) * resource.getpagesize()
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (held + size, hard))
