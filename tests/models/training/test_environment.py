"""What a training process finds in its environment, each time from a clean one."""

from __future__ import annotations

import json
import os
import time

import pytest
import torch

from bettersynth.errors import UserError
from bettersynth.models.training.environment import start_training_process, training_process

NAMES = (
    "RANK",
    "LOCAL_RANK",
    "WORLD_SIZE",
    "MASTER_ADDR",
    "MASTER_PORT",
    "DS_ACCELERATOR",
    "TORCH_EXTENSIONS_DIR",
    "CUBLAS_WORKSPACE_CONFIG",
)


@pytest.fixture(autouse=True)
def _as_before(monkeypatch):
    threads = torch.get_num_threads()
    deterministic = torch.are_deterministic_algorithms_enabled()
    for name in NAMES:
        monkeypatch.setenv(name, "")  # so that it is put back afterwards
        del os.environ[name]
    yield
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(deterministic)


@pytest.fixture
def zero2(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "zero2.json"
    path.write_text(json.dumps({"zero_optimization": {"stage": 2}}))
    return str(path)


def test_without_deepspeed_no_process_is_the_first_of_several():
    start_training_process(1, None)
    assert torch.get_num_threads() == 1
    assert torch.are_deterministic_algorithms_enabled()
    assert "RANK" not in os.environ
    assert "TORCH_EXTENSIONS_DIR" not in os.environ
    assert ("DS_ACCELERATOR" in os.environ) == (not torch.cuda.is_available())


def test_a_lone_process_with_deepspeed_is_its_own_launcher(zero2, tmp_path):
    start_training_process(None, zero2)
    assert (os.environ["RANK"], os.environ["WORLD_SIZE"]) == ("0", "1")
    assert int(os.environ["MASTER_PORT"]) > 0
    assert os.environ["TORCH_EXTENSIONS_DIR"] == str(tmp_path / ".cache/torch_extensions")


def test_a_launched_process_keeps_its_rank(zero2, monkeypatch):
    monkeypatch.setenv("RANK", "3")
    start_training_process(1, zero2)
    assert os.environ["RANK"] == "3"
    assert "MASTER_PORT" not in os.environ


def test_locks_of_killed_compilations_are_removed_and_fresh_ones_are_not(zero2, tmp_path):
    locks = [tmp_path / f".cache/torch_extensions/{name}/lock" for name in ("old", "new")]
    for lock in locks:
        lock.parent.mkdir(parents=True)
        lock.touch()
    os.utime(locks[0], (time.time() - 1000,) * 2)
    start_training_process(1, zero2)
    assert [lock.exists() for lock in locks] == [False, True]


def test_a_configuration_that_is_not_there_is_one_clear_error(tmp_path):
    with pytest.raises(UserError, match="ready ones are under conf/deepspeed"):
        start_training_process(1, str(tmp_path / "zero9.json"))


def be_a_group(place):
    """Make this process a group of its own, as Accelerate does of several."""
    torch.distributed.init_process_group(
        "gloo", init_method=f"file://{place}", rank=0, world_size=1
    )


def test_the_group_of_processes_is_left_at_the_end_unless_the_training_failed(tmp_path):
    with training_process(1, None):
        be_a_group(tmp_path / "one")
        assert torch.distributed.is_initialized()
    assert not torch.distributed.is_initialized()
    with pytest.raises(RuntimeError, match="a loss that is none"):
        with training_process(1, None):
            be_a_group(tmp_path / "two")
            raise RuntimeError("a loss that is none")
    assert torch.distributed.is_initialized()
    torch.distributed.destroy_process_group()


def test_one_process_alone_has_no_group_to_leave():
    with training_process(1, None):
        pass
    assert not torch.distributed.is_initialized()
