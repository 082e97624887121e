"""Worker processes of this machine; where there are GPUs, each worker asks one of them."""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from typing import Any

from bettersynth.data.files.orphans import end_with_parent
from bettersynth.data.files.watched_pool import WatchedPool
from bettersynth.models.devices.gpus import give_gpu, visible_gpus
from bettersynth.models.devices.held_model import models_are_shared

# Called once in each worker, for its first part; what it returns does a part there
Start = Callable[[], Callable[[Any], Any]]
# One thread in each of several processes. Snakemake sets the first to all cores of a stage, of
# which each process would take as many
ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "TOKENIZERS_PARALLELISM": "false",
}


class _Worker:
    """What a worker process does parts with: made once, for the first part.

    A pool can start its processes with a function only, so that what it makes must stand
    somewhere: in this class and nowhere else.
    """

    start: Start | None = None
    do: Callable[[Any], Any] | None = None

    @classmethod
    def begin(cls, start: Start, started: Any, gpus: Sequence[str]) -> None:
        """Get ready for parts: what a new process runs first."""
        end_with_parent()
        use_one_thread()
        with started.get_lock():
            give_gpu(gpus, started.value)
            started.value += 1
        cls.start = start
        # a fork of a worker begins with that one's
        cls.do = None

    @classmethod
    def work(cls, part: Any) -> Any:
        """Do a part."""
        if cls.do is None:
            assert cls.start is not None
            # not while the process begins: what is raised there reads as a death, of each part
            cls.do = cls.start()
        return cls.do(part)


def use_one_thread() -> None:
    """Let this process, one of several, compute with one thread."""
    os.environ |= ONE_THREAD
    # libraries that are loaded here have read the environment already
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1)


class LocalWorkers:
    """`count` processes; when one dies, the pool with all of them is made anew."""

    deaths = (BrokenProcessPool,)

    def __init__(self, start: Start, count: int):
        self.start = start
        self.count = count
        self.gpus = visible_gpus() if models_are_shared() else []
        self.pool = self._pool(count)

    def _pool(self, count: int) -> WatchedPool:
        context = multiprocessing.get_context("fork" if _forks() else "spawn")
        started = context.Value("i", 0)
        arguments = (self.start, started, self.gpus)
        return WatchedPool(count, context, _Worker.begin, arguments)

    def submit(self, part: Any) -> Future[Any]:
        """Give a part to a worker."""
        try:
            return self.pool.submit(_Worker.work, part)
        except BrokenProcessPool as error:
            # as if it had died of this part: one way to hear of it is enough
            future: Future[Any] = Future()
            future.set_exception(error)
            return future

    def replace_dead(self) -> None:
        """Make the pool anew."""
        # waits until every future of the broken pool says so
        self.pool.shutdown(wait=True)
        self.pool = self._pool(self.count)

    def alone(self, part: Any) -> Any:
        """Return what a new process, which does nothing else, makes of a part."""
        with self._pool(1) as pool:
            return pool.submit(_Worker.work, part).result()

    def close(self) -> None:
        """End the processes once they have done what they are at; parts that wait are given up."""
        self.pool.shutdown(wait=True, cancel_futures=True)


def _forks() -> bool:
    """Whether workers are forked off, which shares the models that are loaded.

    macOS's own libraries do not survive a fork, nor does Lance, which reads with threads.
    """
    return sys.platform == "linux" and "lance" not in sys.modules and not _torch_forbids_forking()


def _torch_forbids_forking() -> bool:
    """Whether a torch that is loaded here works with several threads or with CUDA.

    Processes must not be forked off beside either.
    """
    torch = sys.modules.get("torch")
    if torch is None:
        return False
    return bool(torch.cuda.is_initialized()) or int(torch.get_num_threads()) > 1
