from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
import time
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import forkserver

import pytest

from bettersynth.data.files.orphans import end_with_parent
from bettersynth.data.files.watched_pool import WatchedPool

# the length of a message, of which no byte follows
HALF_A_MESSAGE = (1000).to_bytes(4, "big")


def die_while_sending() -> None:
    """Dies as a process does that is killed in the middle of its result."""
    frame = sys._getframe()
    while "result_queue" not in frame.f_locals:
        frame = frame.f_back
    os.write(frame.f_locals["result_queue"]._writer.fileno(), HALF_A_MESSAGE)
    os.kill(os.getpid(), signal.SIGKILL)


def square(number: int) -> int:
    return number * number


def square_of_another_pool() -> int:
    """A server that was just killed may be asked once more."""
    context = multiprocessing.get_context("forkserver")
    for _ in range(2):
        with WatchedPool(1, context, end_with_parent) as another:
            try:
                return another.submit(square, 4).result(timeout=60)
            except BrokenProcessPool:
                continue
    raise AssertionError("no server was started in the place of the one that was killed")


@pytest.fixture
def pool():
    context = multiprocessing.get_context("forkserver")
    with WatchedPool(2, context, end_with_parent) as pool:
        yield pool


def test_results_are_the_functions(pool):
    assert [pool.submit(square, number).result() for number in range(4)] == [0, 1, 4, 9]


def test_a_process_that_dies_while_it_sends_its_result_breaks_the_pool(pool):
    start = time.monotonic()
    # the second process works on when the first is dead
    futures = [pool.submit(die_while_sending), pool.submit(square, 2)]
    with pytest.raises(BrokenProcessPool):
        for future in futures:
            future.result(timeout=60)
    assert time.monotonic() - start < 60


def test_a_server_that_is_killed_breaks_the_pool_and_not_the_next_one(pool):
    assert pool.submit(square, 3).result() == 9
    os.kill(forkserver._forkserver._forkserver_pid, signal.SIGKILL)
    with pytest.raises(BrokenProcessPool):
        for _ in range(100):
            pool.submit(square, 3).result(timeout=60)
            time.sleep(0.05)
    assert square_of_another_pool() == 16


def test_a_pool_whose_pipes_are_closed_is_broken():
    pool = WatchedPool(1, multiprocessing.get_context("forkserver"), end_with_parent)
    pool._result_queue._writer.close()
    try:
        with pytest.raises(BrokenProcessPool, match="a process died"):
            pool.submit(square, 4)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def test_two_threads_that_close_a_pipe_close_it_once():
    pool = WatchedPool(1, multiprocessing.get_context("forkserver"), end_with_parent)
    writer = pool._result_queue._writer
    handles = []

    def close_slowly():
        time.sleep(0.2)
        handles.append(writer._handle)
        os.close(writer._handle)

    writer._close = close_slowly
    closing = [threading.Thread(target=writer.close) for _ in range(2)]
    for thread in closing:
        thread.start()
    for thread in closing:
        thread.join()
    assert len(handles) == 1
    pool.shutdown(wait=False, cancel_futures=True)
