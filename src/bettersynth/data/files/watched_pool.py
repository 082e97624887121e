"""A pool of processes that never waits for the rest of what a dead process was sending."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import ParamSpec, TypeVar

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

WATCH_SECONDS = 1.0
# what a killed process takes to be gone
SERVER_SECONDS = 0.5


class WatchedPool(ProcessPoolExecutor):
    """`ProcessPoolExecutor`, but that it breaks whenever a process of it dies.

    The library's own sees most deaths. Not that of a process which was sending its result: it waits
    for the rest for ever, and the other processes for their turn to send. Nor does it see that the
    server died which starts processes: `submit` ends in an EOFError or a refused connection.
    """

    def __init__(self, *arguments: object, **settings: object) -> None:
        # before the library's own: where that one raises, `shutdown` may still be called
        self._ended = threading.Event()
        self._watcher: threading.Thread | None = None
        super().__init__(*arguments, **settings)  # type: ignore[arg-type]
        # the watcher and `shutdown` may both close it, at the same time
        writer = self._result_queue._writer  # type: ignore[attr-defined]
        writer.close = _one_at_a_time(writer.close)

    def submit(
        self,
        fn: Callable[Arguments, Result],
        /,
        *arguments: Arguments.args,
        **settings: Arguments.kwargs,
    ) -> Future[Result]:
        """As the library's.

        Raises:
            BrokenProcessPool: a process died, or the server that starts them.
        """
        try:
            future = super().submit(fn, *arguments, **settings)
        except (EOFError, ConnectionError, FileNotFoundError) as error:
            # until it is gone, the next pool would ask it too
            time.sleep(SERVER_SECONDS)
            raise BrokenProcessPool("the server that starts the processes died") from error
        except OSError as error:
            # the system's own errors, such as a lack of memory for a process, have a number
            if error.errno is not None:
                raise
            # a pipe of the pool was closed, for one process died while another one was started
            raise BrokenProcessPool("a process died") from error
        if self._watcher is None:
            self._watcher = threading.Thread(target=self._watch, daemon=True)
            self._watcher.start()
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """As the library's."""
        try:
            super().shutdown(wait, cancel_futures=cancel_futures)
        finally:
            self._ended.set()

    def _watch(self) -> None:
        """Break the pool some time after a process died, where it has not broken by itself."""
        results = self._result_queue._writer  # type: ignore[attr-defined]
        processes = self._processes
        while not self._ended.wait(WATCH_SECONDS):
            if all(process.exitcode in (None, 0) for process in list(processes.values())):
                continue
            # until now the library has had time to see it too
            if self._ended.wait(WATCH_SECONDS):
                return
            for process in list(processes.values()):
                process.kill()
            # with the last writer gone, who waits for the rest of a result sees its end
            with contextlib.suppress(OSError):
                results.close()
            return


def _one_at_a_time(close: Callable[[], None]) -> Callable[[], None]:
    """Return `close`, but that whoever calls it waits for who is in it."""
    lock = threading.Lock()

    def closed_alone() -> None:
        with lock:
            close()

    return closed_alone
