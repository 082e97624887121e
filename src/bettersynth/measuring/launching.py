"""Parts of a work in order, done by several processes of this machine or of a Ray cluster.

Parts, and the batches inside them, are the same for any number of workers, and their results come
back in order, so that nothing depends on who worked or died. A part that was under way when its
worker died is done again. One whose worker died three times is looked at alone: it is halved down
to the items that end a process each time, and done without them.
"""

from __future__ import annotations

import collections
import contextlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from bettersynth.data.files.processes import DEAD_WORKER, DEATHS_OF_AN_ITEM
from bettersynth.errors import UserError, warn
from bettersynth.measuring.local_workers import LocalWorkers, Start
from bettersynth.settings.launch import LaunchSettings
from bettersynth.settings.reading import read_settings, threads

# parts that wait for a worker or for their turn, for each worker
PARTS_A_WORKER = 2


@dataclass(frozen=True)
class Launch:
    """Who does the parts: `workers` processes of this machine, or of the Ray cluster at `address`.

    An `address` of None is a cluster that is started on this machine for the work. With Ray there
    are no more workers than the cluster has cores; `workers` of None are one for each.
    """

    engine: Literal["local", "ray"] = "local"
    workers: int | None = 1
    address: str | None = None

    @property
    def is_here(self) -> bool:
        """Whether the process that launches does all the work itself."""
        return self.engine == "local" and self.local_workers == 1

    @property
    def local_workers(self) -> int:
        """How many processes of this machine work: 1 where a cluster does."""
        return 1 if self.engine == "ray" or self.workers is None else self.workers


HERE = Launch()


def launch_of(params: dict[str, Any]) -> Launch:
    """Return who measures, by the section `launch`: here as many processes as may be used.

    Raises:
        UserError: the section is wrong.
    """
    section = params.get("launch")
    if section is None:
        return Launch("local", threads())
    settings = read_settings(LaunchSettings, section, "params.yaml: launch")
    if settings.engine == "ray":
        return Launch("ray", None, settings.address)
    return Launch("local", threads())


class Workers(Protocol):
    """Several processes that do parts."""

    count: int
    deaths: tuple[type[BaseException], ...]  # what a part's future raises when its worker died

    def submit(self, part: Any) -> Future[Any]:
        """Give a part to a worker."""
        ...

    def replace_dead(self) -> None:
        """Start workers in the place of those that died."""
        ...

    def alone(self, part: Any) -> Any:
        """Return what a new process, which does nothing else, makes of a part."""
        ...

    def close(self) -> None:
        """End all workers."""
        ...


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
    launch: Launch,
) -> Iterator[PartDone]:
    """Yield what became of each part, in order.

    `take(part, positions)` is the part of these items alone.

    Raises:
        UserError: what a worker raised, or workers die whatever they do.
    """
    with launched(start, take, launch) as run:
        yield from run(parts)


@contextlib.contextmanager
def launched(
    start: Start, take: Callable[[Any, Sequence[int]], Any], launch: Launch
) -> Iterator[Callable[[Iterable[Any]], Iterator[PartDone]]]:
    """Yield what does as `run_parts`, one work after the other, with workers that start once."""
    workers = _open(start, launch)
    try:
        # each work has its own parts under way
        yield lambda parts: _InOrder(workers, take).run(parts)
    finally:
        workers.close()


def _open(start: Start, launch: Launch) -> Workers:
    if launch.engine == "local":
        return LocalWorkers(start, launch.local_workers)
    # its package need not be installed
    from bettersynth.measuring.ray_workers import RayWorkers

    return RayWorkers(start, launch.workers, launch.address)


@dataclass
class _UnderWay:
    part: Any
    future: Future[Any]
    deaths: int = 0


class _InOrder:
    """The parts that are under way, the first of which is waited for."""

    def __init__(self, workers: Workers, take: Callable[[Any, Sequence[int]], Any]):
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
            except self.workers.deaths:
                self._do_again()
        self.under_way.popleft()
        return self._without_killers(first.part)

    def _do_again(self) -> None:
        self.workers.replace_dead()
        for one in self.under_way:
            if one.future.done() and isinstance(one.future.exception(), self.workers.deaths):
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
            except self.workers.deaths:
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
            except self.workers.deaths:
                continue
        return True
