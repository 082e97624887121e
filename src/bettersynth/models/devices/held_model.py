"""A model is held by this process, or once a GPU by a process of its own that serves several.

Worker processes read, decode and prepare pictures; what a model makes of them they ask for here.
Each worker waits for its own answer, so that no more prepared pictures lie in memory than one
batch a worker, and batches are the same as without a process between.
"""

from __future__ import annotations

import contextlib
import fcntl
import importlib
import os
import sys
import time
from collections.abc import Callable, Iterator
from multiprocessing.connection import Client, Connection
from pathlib import Path
from typing import Any, Protocol

from bettersynth.errors import UserError
from bettersynth.models.devices.gpus import own_gpu
from bettersynth.models.devices.model_use import Use
from bettersynth.models.devices.within_memory import RowLimits

# The folder of the sockets of the processes that hold models; without it each process holds its own
FOLDER = "BETTERSYNTH_MODEL_PROCESSES"
SERVER = "bettersynth.models.devices.model_process"
ENDED = (
    "the process that holds the model ended: the machine ran out of memory, or somebody ended it; "
    "run the same command again: what was scored is kept"
)
# loading torch takes 3 of them on a slow machine
START_SECONDS = 120


# by model processes, when a work with several workers was done
uses_told: list[Use] = []


class HeldModel(Protocol):
    """A model whose methods take and give numpy arrays and plain values."""

    def ask(self, method: str, *arguments: Any) -> Any:
        """Return what `method` of the model gives for these arguments."""
        ...


def held_model(load: Callable[..., Any], *arguments: Any) -> HeldModel:
    """Return the model that `load(*arguments)` makes, wherever it is held.

    `load` is a function or class at the top of its module, so that another process finds it.

    Raises:
        UserError: whatever `load` raises.
    """
    folder = os.environ.get(FOLDER)
    if folder is None:
        return _OwnModel(load(*arguments))
    held = _ServedModel(Path(folder), load, arguments)
    # a model that cannot be loaded is told here and not in the middle of the work
    held.ask("")
    return held


class _OwnModel:
    """A model in this process."""

    use = Use()

    def __init__(self, model: Any):
        self.model = model
        self.limits = RowLimits()

    def ask(self, method: str, *arguments: Any) -> Any:
        """Return what a method of the model returns."""
        with self.use.working():
            return self.limits.ask(self.model, method, *arguments)


class _ServedModel:
    """A model in the process that serves all workers of one GPU."""

    def __init__(self, folder: Path, load: Callable[..., Any], arguments: tuple[Any, ...]):
        self.folder = folder
        self.load = (load.__module__, load.__qualname__, arguments)
        self.connection: Connection | None = None
        self.process = 0

    def ask(self, method: str, *arguments: Any) -> Any:
        """Return what a method of the model returns, in the process that holds it."""
        # a forked worker must not speak through its parent's connection
        if self.connection is None or self.process != os.getpid():
            self.connection = connect(self.folder, own_gpu())
            self.process = os.getpid()
        try:
            self.connection.send((self.load, method, arguments))
            answer = self.connection.recv()
        except (EOFError, OSError):
            raise UserError(ENDED) from None
        if isinstance(answer, BaseException):
            raise answer
        return answer


def load_named(module: str, name: str, arguments: tuple[Any, ...]) -> Any:
    """Return what the function or class `name` of `module` makes of the arguments."""
    return getattr(importlib.import_module(module), name)(*arguments)


def connect(folder: Path, gpu: str) -> Connection:
    """Return a connection to the process that holds the models of `gpu`; start it if need be.

    Raises:
        UserError: it does not start.
    """
    address = socket_of(folder, gpu)
    # of several workers that need the process one starts it
    with open(folder / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with contextlib.suppress(FileNotFoundError, ConnectionRefusedError):
            return Client(str(address))
        environment = {**os.environ, "CUDA_VISIBLE_DEVICES": gpu} if gpu else dict(os.environ)
        command = [sys.executable, "-m", SERVER, str(address)]
        # no child that is waited for: it works for others when this process has ended
        process = os.posix_spawn(sys.executable, command, environment)
        for _ in _turns(START_SECONDS):
            if os.waitpid(process, os.WNOHANG) != (0, 0):
                break
            with contextlib.suppress(FileNotFoundError, ConnectionRefusedError):
                return Client(str(address))
    raise UserError(f"the process that holds the models of GPU {gpu or 0} did not start")


def socket_of(folder: Path, gpu: str) -> Path:
    """Return the address of the process that holds the models of `gpu`."""
    return folder / f"gpu{gpu}"


def _turns(seconds: float) -> Iterator[None]:
    """Yield every 20 ms for so many seconds."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        yield
        time.sleep(0.02)


def models_are_shared() -> bool:
    """Whether processes of their own hold the models."""
    return FOLDER in os.environ


def forget_uses() -> None:
    """Let `model_uses` tell of what is asked from now on."""
    _OwnModel.use = Use()
    uses_told.clear()


def model_uses() -> list[Use]:
    """Return how busy the models were that this process and its workers asked, one entry a holder.

    Workers that hold a model each tell nothing. Empty where no model was asked.
    """
    uses = [_OwnModel.use, *uses_told]
    return [use for use in uses if use.first]


def note_uses(folder: Path) -> None:
    """Ask the processes that hold models in `folder` how busy they were, for `model_uses`."""
    for address in sorted(folder.glob("gpu*")):
        # one that has ended since has nothing to tell
        with contextlib.suppress(OSError, EOFError), Client(str(address)) as connection:
            connection.send(None)
            uses_told.append(connection.recv())
