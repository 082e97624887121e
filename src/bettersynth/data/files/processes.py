"""Mapping over worker processes: one that dies costs the item at hand, and never hangs the rest."""

from __future__ import annotations

import collections
import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

DEATH = "the process that worked on it died: out of memory, or a crash in a library"
# Where the work can't go on without that process
DEAD_WORKER = (
    "a worker process died: the machine ran out of memory, or somebody ended it; run the same "
    "command again, and where memory is short with fewer processes (BETTERSYNTH_THREADS=1)"
)


@dataclass(frozen=True)
class WorkerDied:
    """In the place of an item's result: a process died of this item when it had no other."""

    reason: str = DEATH


@dataclass
class _Chunk(Generic[Item, Result]):
    items: Sequence[Item]
    future: Future[list[Result]]


def map_in_processes(
    function: Callable[[Item], Result], items: Sequence[Item], processes: int, chunk: int = 1
) -> Iterator[Result | WorkerDied]:
    """Yield `function` of each item, in order, computed by `processes` spawned ones.

    `chunk` items travel together, which pays where one takes less than a millisecond. When a
    process dies, the items that were under way are computed again, each in a process of its own;
    only one that kills that process too is a `WorkerDied`. With one process, all runs here.
    """
    if processes <= 1:
        yield from map(function, items)
        return
    starts = collections.deque(range(0, len(items), chunk))
    while starts:
        suspects: list[Item] = []
        with _pool(processes) as pool:
            waiting: collections.deque[_Chunk[Item, Result]] = collections.deque()
            try:
                while starts or waiting:
                    # Bounded, so that the results of a slow consumer do not pile up
                    while starts and len(waiting) < 4 * processes:
                        part = items[starts[0] : starts[0] + chunk]
                        waiting.append(_Chunk(part, pool.submit(_map, function, part)))
                        starts.popleft()
                    yield from waiting[0].future.result()
                    waiting.popleft()
            except BrokenProcessPool:
                # submit() itself raises it before a start is taken off, so that none is lost
                for under_way in waiting:
                    suspects += under_way.items
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
        for item in suspects:
            yield _alone(function, item)


def _map(function: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
    return [function(item) for item in items]


def _alone(function: Callable[[Item], Result], item: Item) -> Result | WorkerDied:
    with _pool(1) as pool:
        try:
            return pool.submit(function, item).result()
        except BrokenProcessPool:
            return WorkerDied()


def _pool(processes: int) -> ProcessPoolExecutor:
    # Spawned, not forked: torch and its threads may be loaded here
    return ProcessPoolExecutor(processes, multiprocessing.get_context("spawn"))
