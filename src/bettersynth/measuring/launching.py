"""Parts of a work in order, done by several processes of this machine.

Parts, and the batches inside them, are the same for any number of workers, and their results come
back in order, so that nothing depends on who worked or died. A part that was under way when its
worker died is done again. One whose worker died three times is looked at alone: it is halved down
to the items that end a process each time, and done without them.
"""

from __future__ import annotations

import collections
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import Any

from bettersynth.data.files.processes import DEAD_WORKER, DEATHS_OF_AN_ITEM
from bettersynth.errors import UserError, warn
from bettersynth.measuring.local_workers import LocalWorkers, Start

# parts that wait for a worker or for their turn, for each worker
PARTS_A_WORKER = 2


@dataclass
class PartDone:
    """What came of a part; `killers` are the positions in it of items that end a process.

    `result` is that of the other items, None where there is no other.
    """

    part: Any
    result: Any
    killers: Sequence[int] = ()


def run_parts(
    start: Start,
    parts: Iterable[Any],
    take: Callable[[Any, Sequence[int]], Any],
    count: int,
) -> Iterator[PartDone]:
    """Yield what became of each part, in order; `count` processes work.

    `take(part, positions)` is the part of these items alone.

    Raises:
        UserError: what a worker raised, or workers die whatever they do.
    """
    workers = LocalWorkers(start, count)
    try:
        yield from _InOrder(workers, take).run(parts)
    finally:
        workers.close()


@dataclass
class _UnderWay:
    part: Any
    future: Future[Any]
    deaths: int = 0


class _InOrder:
    """The parts that are under way, the first of which is waited for."""

    def __init__(self, workers: LocalWorkers, take: Callable[[Any, Sequence[int]], Any]):
        self.workers = workers
        self.take = take
        self.under_way: collections.deque[_UnderWay] = collections.deque()

    def run(self, parts: Iterable[Any]) -> Iterator[PartDone]:
        """Yield each part with its result, in order."""
        for part in parts:
            self.under_way.append(_UnderWay(part, self.workers.submit(part)))
            # so that reading does not run ahead of the work
            if len(self.under_way) > PARTS_A_WORKER * self.workers.count:
                yield self._first()
        while self.under_way:
            yield self._first()

    def _first(self) -> PartDone:
        """Return what became of the first part, once it is done."""
        first = self.under_way[0]
        while first.deaths < DEATHS_OF_AN_ITEM:
            try:
                result = first.future.result()
                self.under_way.popleft()
                return PartDone(first.part, result)
            except BrokenProcessPool:
                self._do_again()
        self.under_way.popleft()
        return self._without_killers(first.part)

    def _do_again(self) -> None:
        self.workers.replace_dead()
        for one in self.under_way:
            if one.future.done() and isinstance(one.future.exception(), BrokenProcessPool):
                one.deaths += 1
                one.future = self.workers.submit(one.part)

    def _without_killers(self, part: Any) -> PartDone:
        killers = self._killers(part, range(len(part)))
        rest = [position for position in range(len(part)) if position not in killers]
        if not rest:
            return PartDone(part, None, killers)
        # one part again, not its halves: what is measured together decides the last bits
        for _ in range(DEATHS_OF_AN_ITEM):
            try:
                return PartDone(part, self.workers.alone(self.take(part, rest)), killers)
            except BrokenProcessPool:
                warn("a worker process died that did nothing else; its part is done again")
        raise UserError(DEAD_WORKER)

    def _killers(self, part: Any, positions: Sequence[int]) -> list[int]:
        """Return the positions of the items that end a process each time."""
        # what somebody ended just now would be laid to a single item's charge
        turns = DEATHS_OF_AN_ITEM if len(positions) == 1 else 1
        if not self._dies(self.take(part, positions), turns):
            return []
        if len(positions) == 1:
            return list(positions)
        middle = len(positions) // 2
        return [
            *self._killers(part, positions[:middle]),
            *self._killers(part, positions[middle:]),
        ]

    def _dies(self, part: Any, turns: int) -> bool:
        """Whether a worker dies of the part in each of so many turns."""
        for _ in range(turns):
            try:
                self.workers.alone(part)
                return False
            except BrokenProcessPool:
                continue
        return True
