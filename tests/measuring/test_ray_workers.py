"""Workers of a Ray cluster: the same results as of this machine's, whoever dies."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from concurrent.futures import Future
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from support.deadly_work import DeadlyWork, DyingOnce, take
from support.small_captioner import save_small_captioner
from support.small_training import run, small_project

from bettersynth.data.pictures.images import ImageStore
from bettersynth.data.pictures.shard_writing import write_images
from bettersynth.data.samples.batch import Images
from bettersynth.errors import UserError
from bettersynth.measuring import launched_answers, launched_captions, ray_cluster, ray_workers
from bettersynth.measuring.captioning import CachedCaptioner
from bettersynth.measuring.launching import HERE, Launch, run_parts
from bettersynth.models.backbones import nano_features
from bettersynth.models.captioners import Request

PARTS = [list(range(start, start + 8)) for start in range(0, 80, 8)]
RAY = Launch("ray", 2)


def test_a_worker_returns_a_users_mistake_and_where_the_project_is_missing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    worker = ray_workers._Worker(DeadlyWork(refuses=3), str(tmp_path), "1")
    assert worker.work([1, 2]) == 3
    assert str(worker.work([3])) == "there is no such thing as 3"
    nowhere = ray_workers._Worker(DeadlyWork(), str(tmp_path / "nowhere"), "1")
    assert "needs the project at the same place" in str(nowhere.work([1]))


def test_a_folder_of_shared_models_is_of_this_user_alone(tmp_path):
    own = tmp_path / "own"
    own.mkdir(mode=0o700)
    ray_workers._require_own(own)
    (tmp_path / "link").symlink_to(own)
    own_but_open = tmp_path / "open"
    own_but_open.mkdir()
    own_but_open.chmod(0o777)
    for wrong in (tmp_path / "link", own_but_open):
        with pytest.raises(UserError, match="not a folder of this user alone; remove it"):
            ray_workers._require_own(wrong)


def test_a_returned_mistake_is_raised_and_another_result_is_not():
    for returned, mistake in ((5, False), (UserError("wrong"), True)):
        answer: Future = Future()
        unwrapped = ray_workers._unwrapped(answer)
        answer.set_result(returned)
        assert isinstance(unwrapped.exception(), UserError) is mistake


class Worker:
    """A worker of `OneGpu`."""


class OneGpu:
    """A cluster of two cores and a GPU, whose workers answer at once where there is room."""

    exceptions = SimpleNamespace(
        **dict.fromkeys(
            ("ObjectLostError", "NodeDiedError", "RayActorError", "OutOfMemoryError"), MemoryError
        )
    )

    def __init__(self):
        self.workers: list[Worker] = []
        self.share = 0.0

    def remote(self, num_gpus, **_):
        self.share = num_gpus
        return lambda _: SimpleNamespace(options=lambda **_: SimpleNamespace(remote=self._start))

    def _start(self, *_):
        assert (len(self.workers) + 1) * self.share <= 1, "it would wait for a GPU forever"
        answer: Future = Future()
        answer.set_result(5)
        called = SimpleNamespace(remote=lambda *_: SimpleNamespace(future=lambda: answer))
        worker = Worker()
        worker.work, worker.ready = called, SimpleNamespace(remote=object)
        self.workers.append(worker)
        return worker

    def kill(self, worker):
        self.workers.remove(worker)

    def cluster_resources(self):
        return {"CPU": 2.0, "GPU": 1.0}

    def get_runtime_context(self):
        return SimpleNamespace(get_job_id=lambda: "1")

    def put(self, start):
        return start

    def get(self, ready):
        return None

    def wait(self, ready, num_returns, timeout):
        return ready[:1], ready[1:]


def test_a_part_is_looked_at_alone_where_others_hold_all_gpus(monkeypatch):
    cluster = OneGpu()
    monkeypatch.setattr(ray_workers, "connect", lambda address: cluster)
    workers = ray_workers.RayWorkers(DeadlyWork(), None, None)
    assert workers.alone([5]) == 5
    assert workers.submit([5]).result() == 5
    assert [workers.alone([5]) for _ in range(3)] == [5, 5, 5]
    # as many as before
    assert len(cluster.workers) == 2
    assert workers.submit([5]).result() == 5
    workers.close()
    assert not cluster.workers


@pytest.fixture(scope="module")
def one_node():
    if importlib.util.find_spec("ray") is None:
        pytest.skip("ray is not installed: its workers are not tried")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("BETTERSYNTH_THREADS", "2")
        # what the work is imported from
        tests = Path(__file__).parents[1]
        patched.setenv("PYTHONPATH", os.pathsep.join([str(tests), str(tests.parent / "src")]))
        yield
        ray_cluster.disconnect()


# one test for all: the cluster takes seconds to start
@pytest.mark.filterwarnings("ignore")
def test_workers_of_a_cluster_of_this_machine(one_node, tmp_path):
    work = DeadlyWork(dies_once=(41,), folder=tmp_path)
    done = list(run_parts(work, PARTS, take, RAY))
    assert [one.part for one in done] == PARTS
    assert [one.result for one in done] == [sum(part) for part in PARTS]
    # the same cluster serves the next work
    head = ray_cluster._Head.running
    with pytest.raises(UserError, match="no such thing as 30"):
        list(run_parts(DeadlyWork(refuses=30), PARTS, take, RAY))
    assert ray_cluster._Head.running is head
    ray_cluster.disconnect()
    assert head.process.poll() is not None
    assert not os.path.exists(head.folder)


def dying_once(monkeypatch, module, name, mark):
    """Let the first part of a work that starts as `name` of `module` end its worker."""
    start = getattr(module, name)
    monkeypatch.setattr(module, name, lambda *given: DyingOnce(start(*given), mark))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_captions_by_a_cluster_are_kept_as_those_of_this_process(one_node, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    files = {f"{number}.png": f"picture {number}".encode() for number in range(24)}
    save_small_captioner(list(files.values()))
    write_images("images", files.items())
    # parts of 6 requests, which workers read the pictures of themselves
    monkeypatch.setattr(launched_captions, "PART", 6)
    requests = [Request(name, "", candidate) for name in files for candidate in (0, 1)]

    def described(launch, cache):
        monkeypatch.setenv("BETTERSYNTH_CACHE", str(tmp_path / cache))
        nano_features._store.cache_clear()
        captioner = CachedCaptioner("nano_prefix", {"temperature": 2.0, "top_p": 1.0}, "here")
        images = Images(ImageStore("images").read)
        texts, bad = captioner.caption(images, requests, 3, launch=launch)
        kept = captioner.column.connection.execute("SELECT key, value FROM scores ORDER BY key")
        return texts, bad, kept.fetchall(), captioner.made

    alone = described(HERE, "alone")
    assert (len(alone[2]), alone[1], alone[3]) == (48, {}, 48)
    dying_once(monkeypatch, launched_captions, "PartCaptioning", tmp_path / "died")
    assert described(RAY, "cluster") == alone
    assert (tmp_path / "died").exists()
    nano_features._store.cache_clear()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_predict_on_a_cluster_writes_the_bytes_of_this_process(one_node, tmp_path, monkeypatch):
    project = small_project(tmp_path / "project", predict={"batch_size": 2})
    run(monkeypatch, project, "pretrain", "0")
    run(monkeypatch, project, "finetune", "0")
    predictions = project / "results/predictions/mmbench-0.jsonl"
    run(monkeypatch, project, "predict", "0", "mmbench")
    alone = predictions.read_bytes()
    predictions.unlink()
    # asked again, and not looked up
    monkeypatch.setenv("BETTERSYNTH_CACHE", str(tmp_path / "cache"))
    params = yaml.safe_load((project / "params.yaml").read_text())
    params["launch"]["engine"] = "ray"
    (project / "params.yaml").write_text(yaml.safe_dump(params))
    dying_once(monkeypatch, launched_answers, "PartAnswering", tmp_path / "died")
    run(monkeypatch, project, "predict", "0", "mmbench")
    assert predictions.read_bytes() == alone
    assert alone.count(b"\n") == 8 and (tmp_path / "died").exists()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_lost_machine_costs_its_parts_and_a_killer_is_found(one_node, tmp_path):
    ray_cluster.connect(None)
    command = [sys.executable, "-m", "bettersynth.measuring.ray_node", "--block", "--num-cpus=1"]
    command.append(f"--address={ray_cluster._Head.running.address}")
    machine = subprocess.Popen(command, start_new_session=True)
    work = DeadlyWork(poison=(21,), folder=tmp_path, waits=0.5)
    running = run_parts(work, PARTS, take, Launch("ray", 3))
    done = [next(running)]
    # its raylet and workers end with it
    machine.kill()
    done += list(running)
    machine.wait()
    ray_cluster.disconnect()
    assert [one.part for one in done] == PARTS
    assert [one.result for one in done] == [sum(part) - 21 * (21 in part) for part in PARTS]
    assert {one.part[position] for one in done for position in one.killers} == {21}
