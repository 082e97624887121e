"""Chunks of a pass in this process, or in several that are forked off it."""

from __future__ import annotations

import collections
import itertools
import multiprocessing
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from typing import Any

from bettersynth.data.files.orphans import end_with_parent
from bettersynth.recipes.engine.line_order import order_matters
from bettersynth.recipes.engine.passes import CHUNK, Done, Pass
from bettersynth.recipes.engine.row_runner import RowRunner

# rows that run before processes are forked off
FIRST_ROWS = 16


class _Worker:
    """The runner of a worker process: made once when the process starts, then given chunks.

    A pool can start its processes with a function only, so that what it makes must stand
    somewhere: in this class and nowhere else.
    """

    runner: RowRunner | None = None

    @classmethod
    def start(cls, plan: Pass) -> None:
        """Get ready for the chunks of a pass: what a new process runs first."""
        end_with_parent()
        cls.runner = RowRunner(plan)

    @classmethod
    def work(cls, chunk: Sequence[Any]) -> Done:
        """Run a chunk of rows."""
        assert cls.runner is not None
        return cls.runner.run(chunk)


def run_chunks(plan: Pass, chunks: Iterable[Sequence[Any]], workers: int) -> Iterator[Done]:
    """Yield the result of each chunk, in order, from this process or from several.

    A few rows run here first: what they load (models, libraries) is then shared with the
    processes forked off, and what is in the score cache already is never loaded at all. A model
    on a GPU, and one that makes new samples, stays in this one process.
    """
    _wait_without_burning(workers)
    runner = RowRunner(plan)
    waiting_chunks = iter(chunks)
    first = next(waiting_chunks, None)
    if first is None:
        return
    if plan.cheap_first and len(first) == CHUNK and order_matters(runner.lines):
        runner.put_cheap_first(first)
        plan = runner.plan
    yield runner.run(first[:FIRST_ROWS])
    rest = [first[FIRST_ROWS:]] if len(first) > FIRST_ROWS else []
    remaining = itertools.chain(rest, waiting_chunks)
    makes_new = any(line.generates for line in runner.lines.values())
    if workers <= 1 or makes_new or _torch_forbids_forking():
        yield from map(runner.run, remaining)
        runner.close()
        return
    runner.close()
    yield from _in_processes(plan, remaining, workers)


def _in_processes(plan: Pass, chunks: Iterable[Sequence[Any]], workers: int) -> Iterator[Done]:
    # a fork shares the models that are loaded; macOS's own libraries do not survive one
    method = "fork" if sys.platform == "linux" else "spawn"
    context = multiprocessing.get_context(method)
    with ProcessPoolExecutor(workers, context, _Worker.start, (plan,)) as pool:
        waiting: collections.deque[Future[Done]] = collections.deque()
        try:
            for chunk in chunks:
                waiting.append(pool.submit(_Worker.work, chunk))
                # so that reading does not run ahead of the work
                if len(waiting) > 2 * workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _wait_without_burning(workers: int) -> None:
    """Keep the threads of libraries that are not loaded yet out of the way of the processes."""
    # waiting threads burn no time
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    if workers > 1 and "torch" not in sys.modules:
        # one thread in each of several processes
        os.environ["OMP_NUM_THREADS"] = "1"
        os.environ["TOKENIZERS_PARALLELISM"] = "false"


def _torch_forbids_forking() -> bool:
    """Whether a torch that is loaded here works with several threads or with CUDA.

    Processes must not be forked off beside either.
    """
    torch = sys.modules.get("torch")
    if torch is None:
        return False
    return bool(torch.cuda.is_initialized()) or int(torch.get_num_threads()) > 1
