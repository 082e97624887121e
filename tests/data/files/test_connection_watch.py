from __future__ import annotations

import socket
import time

from bettersynth.data.files.connection_watch import ConnectionWatch, limited_time


def test_a_reader_that_waits_is_let_go_when_the_time_is_over() -> None:
    here, there = socket.socketpair()
    watch = ConnectionWatch()
    watch.follow(here)
    start = time.monotonic()
    with there, here, limited_time(watch, 0.05):
        # the other side sends nothing and closes nothing
        assert here.recv(1) == b""
    assert watch.expired
    assert time.monotonic() - start < 30


def test_a_connection_that_comes_too_late_is_shut_at_once() -> None:
    here, there = socket.socketpair()
    watch = ConnectionWatch()
    watch.expire()
    with there, here:
        watch.follow(here)
        assert here.recv(1) == b""


def test_a_block_within_its_time_is_left_alone() -> None:
    watch = ConnectionWatch()
    with limited_time(watch, 60):
        pass
    assert not watch.expired
