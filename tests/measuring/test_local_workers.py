"""Worker processes of this machine."""

from __future__ import annotations

import os
import sys
import types

import pytest
import torch
from support.deadly_work import DeadlyWork, TellingThreads

from bettersynth.measuring import local_workers
from bettersynth.measuring.local_workers import LocalWorkers


@pytest.mark.parametrize(("cuda", "threads"), [(True, 1), (False, 2)])
def test_nothing_is_forked_beside_cuda_or_torchs_threads(monkeypatch, cuda, threads):
    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: cuda)
    monkeypatch.setattr(torch, "get_num_threads", lambda: threads)
    assert local_workers._torch_forbids_forking()
    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: False)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 1)
    assert not local_workers._torch_forbids_forking()


def test_nothing_is_forked_beside_the_threads_of_lance(monkeypatch):
    monkeypatch.setattr(local_workers, "_torch_forbids_forking", lambda: False)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.delitem(sys.modules, "lance", raising=False)
    assert local_workers._forks()
    monkeypatch.setitem(sys.modules, "lance", types.ModuleType("lance"))
    assert not local_workers._forks()


def test_a_part_can_be_done_by_a_process_of_its_own():
    workers = LocalWorkers(DeadlyWork(), 1)
    assert workers.alone([1, 2]) == 3
    assert workers.submit([4]).result() == 4
    workers.close()


@pytest.mark.parametrize("forks", [True, False])
def test_each_of_several_processes_computes_with_one_thread(monkeypatch, forks):
    # as Snakemake sets it for a stage with eight cores
    monkeypatch.setenv("OMP_NUM_THREADS", "8")
    monkeypatch.setattr(local_workers, "_forks", lambda: forks)
    workers = LocalWorkers(TellingThreads(), 2)
    assert workers.submit([]).result() == ("1", "false", 1)
    workers.close()
    assert os.environ["OMP_NUM_THREADS"] == "8"
