"""Workers anywhere in a Ray cluster, each with this project's folder at the same place."""

from __future__ import annotations

import os
import socket
import stat
import tempfile
from collections.abc import Callable
from concurrent.futures import Future, wait
from pathlib import Path
from typing import Any

from bettersynth.errors import UserError, warn
from bettersynth.measuring.local_workers import Start, use_one_thread
from bettersynth.measuring.ray_cluster import connect
from bettersynth.models.devices.held_model import FOLDER

# told where no worker has started for so long
WAIT_SECONDS = 60
# A machine that goes takes some with it while they start; more have another reason
FAILED_STARTS_A_WORKER = 3


class _Worker:
    """A worker of the cluster: an actor of Ray's."""

    def __init__(self, start: Start, folder: str, run: str):
        self.start = start
        self.folder = folder
        self.run = run
        self.do: Callable[[Any], Any] | None = None

    def ready(self) -> None:
        """Return once this worker has started."""

    def work(self, part: Any) -> Any:
        """Do a part; a user's mistake is returned, as Ray adds its own lines to what is raised."""
        try:
            if self.do is None:
                self._get_ready()
                self.do = self.start()
            return self.do(part)
        except UserError as error:
            return error

    def _get_ready(self) -> None:
        try:
            os.chdir(self.folder)
        except OSError:
            raise UserError(
                f"{socket.gethostname()} has no folder {self.folder}: each machine of the cluster "
                "needs the project at the same place"
            ) from None
        use_one_thread()
        if os.environ.get("CUDA_VISIBLE_DEVICES"):
            # all workers of a machine that share a GPU share its models too
            shared = Path(tempfile.gettempdir()) / f"bettersynth-{os.getuid()}-{self.run}"
            shared.mkdir(mode=0o700, exist_ok=True)
            _require_own(shared)
            os.environ[FOLDER] = str(shared)


class RayWorkers:
    """`count` workers, one for each core of the cluster at most.

    Ray could start dead ones again and repeat their parts itself; then nobody would know which
    part they died of. A part goes to the worker with the fewest, and only to one that has started:
    after the loss of a machine there may be no room for all of them.
    """

    def __init__(self, start: Start, count: int | None, address: str | None):
        ray = self.ray = connect(address)
        # a result that was lost with its machine before it came here is a death like others
        lost = (ray.exceptions.ObjectLostError, ray.exceptions.NodeDiedError)
        self.deaths = (ray.exceptions.RayActorError, ray.exceptions.OutOfMemoryError, *lost)
        resources = ray.cluster_resources()
        cores = max(1, int(resources.get("CPU", 1)))
        self.count = min(count or cores, cores)
        gpus = resources.get("GPU", 0)
        # Ray counts in ten thousandths
        self.share = min(1, int(gpus / self.count * 10_000) / 10_000)
        self.actor = ray.remote(num_gpus=self.share, max_restarts=0, max_task_retries=0)(_Worker)
        self.arguments = (ray.put(start), os.getcwd(), ray.get_runtime_context().get_job_id())
        self.failed_starts = 0
        # workers that have not started yet, by what they answer once they have
        self.starting: dict[Any, Any] = {}
        # parts that are under way, by worker
        self.started: dict[Any, list[Future[Any]]] = {}
        for _ in range(self.count):
            self._start_one()

    def _start_one(self) -> None:
        worker = self.actor.options(num_cpus=1).remote(*self.arguments)
        self.starting[worker.ready.remote()] = worker

    def submit(self, part: Any) -> Future[Any]:
        """Give a part to the worker that has the fewest."""
        self._look_who_started()
        for futures in self.started.values():
            futures[:] = [future for future in futures if not future.done()]
        worker = min(self.started, key=lambda one: len(self.started[one]))
        future = _unwrapped(worker.work.remote(part).future())
        self.started[worker].append(future)
        return future

    def _look_who_started(self) -> None:
        """Note the workers that have started since; wait for one where there is none."""
        while self.starting:
            wait = 0.0 if self.started else WAIT_SECONDS
            ready, _ = self.ray.wait(list(self.starting), num_returns=1, timeout=wait)
            if ready:
                self._note_start(ready[0])
            elif self.started:
                return
            else:
                warn("no worker of the Ray cluster has started yet: is a core free in it?")

    def _note_start(self, ready: Any) -> None:
        worker = self.starting.pop(ready)
        try:
            self.ray.get(ready)
            self.started[worker] = []
        except self.deaths as error:
            self.failed_starts += 1
            if self.failed_starts > FAILED_STARTS_A_WORKER * self.count:
                why = str(error).strip().splitlines()[-1]
                raise UserError(f"workers of the Ray cluster do not start: {why}") from None
            self._start_one()

    def replace_dead(self) -> None:
        """Start a worker in the place of each of which a part says that it died."""
        for worker, futures in list(self.started.items()):
            died = [future for future in futures if future.done() and self._is_death(future)]
            if died:
                del self.started[worker]
                # it may have been out of reach only, and would work on beside its successor
                self.ray.kill(worker)
                self._start_one()

    def _is_death(self, future: Future[Any]) -> bool:
        return isinstance(future.exception(), self.deaths)

    def alone(self, part: Any) -> Any:
        """Return what a new worker, which does nothing else, makes of a part."""
        # GPUs have no room beside those who hold their shares
        ended = self._end_some() if self.share else 0
        # beside the others, who may hold all cores
        worker = self.actor.options(num_cpus=0).remote(*self.arguments)
        try:
            return _unwrapped(worker.work.remote(part).future()).result()
        finally:
            self.ray.kill(worker)
            for _ in range(ended):
                self._start_one()

    def _end_some(self) -> int:
        """End the workers that have not started, who would take what becomes free, and the one with
        the fewest parts once it has done them; return how many these are.
        """
        ended = list(self.starting.values())
        self.starting.clear()
        if self.started:
            worker = min(self.started, key=lambda one: len(self.started[one]))
            wait(self.started.pop(worker))
            ended.append(worker)
        for worker in ended:
            self.ray.kill(worker)
        return len(ended)

    def close(self) -> None:
        """End the workers; the cluster stays for what comes next."""
        for worker in [*self.started, *self.starting.values()]:
            self.ray.kill(worker)


def _require_own(folder: Path) -> None:
    """Pass if nobody else can put a socket of theirs into a folder, whose words are unpickled.

    Raises:
        UserError: it is somebody else's, or open to others.
    """
    found = folder.lstat()
    is_open = stat.S_IMODE(found.st_mode) & 0o077
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or is_open:
        raise UserError(
            f"{socket.gethostname()}: {folder} is not a folder of this user alone; remove it"
        )


def _unwrapped(answer: Future[Any]) -> Future[Any]:
    """Return a future that raises the user's mistake that a worker returned."""
    unwrapped: Future[Any] = Future()

    def pass_on(done: Future[Any]) -> None:
        error = done.exception()
        if error is None and isinstance(done.result(), UserError):
            error = done.result()
        if error is not None:
            unwrapped.set_exception(error)
        else:
            unwrapped.set_result(done.result())

    answer.add_done_callback(pass_on)
    return unwrapped
