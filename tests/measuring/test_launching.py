"""Parts of a work by several workers: same results in order, whoever dies."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.deadly_work import DeadlyWork, Unstartable, take
from support.default_settings import default_params

from bettersynth.errors import UserError
from bettersynth.measuring.launching import HERE, Launch, launch_of, run_parts

PARTS = [list(range(start, start + 8)) for start in range(0, 80, 8)]


def outcome(work, count=2, parts=PARTS):
    done = list(run_parts(work, parts, take, Launch(workers=count)))
    assert [one.part for one in done] == parts
    return [one.result for one in done], {item for one in done for item in killed(one)}


def killed(done):
    return [done.part[position] for position in done.killers]


def test_parts_come_back_in_order():
    results, killers = outcome(DeadlyWork())
    assert results == [sum(part) for part in PARTS]
    assert not killers


def test_a_part_whose_worker_died_once_is_done_again(tmp_path):
    results, killers = outcome(DeadlyWork(dies_once=(13, 41), folder=tmp_path))
    assert results == [sum(part) for part in PARTS]
    assert not killers
    assert len(list(tmp_path.iterdir())) == 2


def test_an_item_that_ends_each_worker_is_found_and_its_part_done_without_it():
    results, killers = outcome(DeadlyWork(poison=(21, 22)))
    assert killers == {21, 22}
    assert results[2] == sum(PARTS[2]) - 21 - 22
    assert [*results[:2], *results[3:]] == [sum(part) for part in (*PARTS[:2], *PARTS[3:])]


def test_a_part_of_killers_alone_has_no_result():
    results, killers = outcome(DeadlyWork(poison=(3,)), parts=[[3], [4]])
    assert results == [None, 4]
    assert killers == {3}


def test_a_users_mistake_in_a_worker_ends_the_work_in_its_words():
    with pytest.raises(UserError, match="no such thing as 30"):
        list(run_parts(DeadlyWork(refuses=30), PARTS, take, Launch(workers=2)))


def test_a_users_mistake_that_shows_as_a_worker_starts_is_no_death():
    with pytest.raises(UserError, match="no such model"):
        list(run_parts(Unstartable(), PARTS, take, Launch(workers=2)))


def test_workers_end_when_nobody_asks_for_more(tmp_path):
    running = run_parts(
        DeadlyWork(folder=tmp_path, tells_process=True), PARTS, take, Launch(workers=2)
    )
    next(running)
    running.close()
    processes = [path.name for path in tmp_path.iterdir()]
    assert processes
    assert not [process for process in processes if Path("/proc", process).exists()]


def test_a_machines_processes_or_a_cluster_by_the_section_launch(monkeypatch):
    monkeypatch.setenv("BETTERSYNTH_THREADS", "2")
    monkeypatch.setattr("importlib.util.find_spec", lambda _: True)
    section = default_params(launch={})["launch"]
    assert launch_of({}) == launch_of({"launch": section}) == Launch("local", 2)
    of_a_cluster = launch_of({"launch": {**section, "engine": "ray", "address": "HOST:6379"}})
    assert of_a_cluster == Launch("ray", None, "HOST:6379")


def test_one_local_worker_is_this_process():
    assert HERE.is_here
    assert not Launch(workers=2).is_here
    assert not Launch("ray", 1).is_here
    assert Launch("ray", 8).local_workers == 1
