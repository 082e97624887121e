from __future__ import annotations

import os
import signal
import time

import pytest

from bettersynth.data.files.processes import Limits, WorkerDied, map_in_processes

DEADLY = -1


def square(number: int) -> int:
    if number == DEADLY:
        os.kill(os.getpid(), signal.SIGKILL)
    return number * number


def spend(what: str) -> str:
    """Takes what the item asks for: time or memory without end, or nothing."""
    if what == "memory":
        held = bytearray(2**33)
        held[:: 2**12] = bytes(2**21)
    while what == "time":
        pass
    return what


def die_thrice(folder_and_number: tuple[str, int]) -> int:
    """Three processes die of the first item that they see, the last two with no other."""
    folder, number = folder_and_number
    deaths = len(os.listdir(folder))
    if deaths < 3:
        open(os.path.join(folder, f"{deaths}-{os.getpid()}"), "w").close()
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def fail(number: int) -> int:
    raise ValueError(f"item {number}")


@pytest.mark.parametrize("chunk", [1, 3])
def test_results_come_in_order_whatever_the_number_of_processes(chunk):
    numbers = list(range(20))
    wanted = [number * number for number in numbers]
    assert list(map_in_processes(square, numbers, 1, chunk)) == wanted
    assert list(map_in_processes(square, numbers, 2, chunk)) == wanted


@pytest.mark.parametrize("chunk", [1, 4])
def test_an_item_that_kills_its_process_is_set_aside_and_no_other(chunk):
    numbers = [1, 2, 3, DEADLY, 5, 6, 7]
    results = list(map_in_processes(square, numbers, 2, chunk))
    assert results == [1, 4, 9, WorkerDied(), 25, 36, 49]


def test_processes_that_are_killed_from_outside_lose_nothing(tmp_path):
    items = [(str(tmp_path), number) for number in range(6)]
    assert list(map_in_processes(die_thrice, items, 2)) == list(range(6))


def test_an_error_of_an_item_ends_the_work_at_once():
    start = time.monotonic()
    with pytest.raises(ValueError, match="item 0"):
        list(map_in_processes(fail, list(range(100)), 2))
    assert time.monotonic() - start < 60


def test_no_item_is_no_process():
    assert list(map_in_processes(square, [], 4)) == []


@pytest.mark.parametrize("processes", [1, 2])
def test_an_item_beyond_its_limits_is_set_aside(processes):
    limits = Limits(seconds=1, bytes=2**30)
    results = list(map_in_processes(spend, ["a", "time", "b"], processes, limits=limits))
    assert results == ["a", WorkerDied(), "b"]


def test_memory_beyond_the_limit_is_an_error_of_the_item():
    with pytest.raises(MemoryError):
        list(map_in_processes(spend, ["memory"], 1, limits=Limits(bytes=2**30)))
