"""Each seed of a trial is measured once, by other processes, and kept beside the trial."""

import json
from pathlib import Path

import pytest

from bettersynth.errors import UserError
from bettersynth.experiments.search import stage_one_trials as room
from bettersynth.experiments.search.outcomes import Outcome
from bettersynth.experiments.search.trial_settings import Trial

# stands in for the program that loads models: the weights say what is measured
PROGRAM = """
import json, os, signal, sys
open(os.environ["BETTERSYNTH_CACHE"] + "/runs", "a").write(sys.argv[1] + chr(10))
for job in json.load(open(sys.argv[1])):
    word = open(job["folder"] + "/projector.safetensors").read()
    if word == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if word == "full":
        sys.exit("error: No space left on device")
    assert job["asking"] == ["options"]
    result = {"values": {"options": len(word)}, "failure": "", "cpu_seconds": 3.0}
    result["gpu_seconds"] = 0.0
    json.dump(result, open(job["result"], "w"))
"""


class Ended(Outcome):
    """A trial of stage 1 whose weights are a word."""

    def read(self, path) -> bytes:
        words = {"models/pretrain/0/projector.safetensors": self.trial.params["word"]}
        words["models/pretrain/1/projector.safetensors"] = "second"
        words["models/pretrain/0/config.json"] = words["models/pretrain/1/config.json"] = "{}"
        return words[str(path)].encode()


def ended(name: str, word: str, seeds=(0, 1)) -> Ended:
    params = {"seeds": list(seeds), "word": word}
    return Ended(Trial(name, (), "pretrain", params), "", 1.0, 0.0)


@pytest.fixture(autouse=True)
def _project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BETTERSYNTH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    Path("stand_in.py").write_text(PROGRAM)
    monkeypatch.setattr(room, "PROGRAM", "stand_in")
    monkeypatch.setattr(room, "measuring_tree", lambda name, params: tmp_path)


def runs() -> int:
    path = Path("cache/runs")
    return len(path.read_text().splitlines()) if path.exists() else 0


def test_seeds_are_measured_once_in_as_many_processes_as_there_are_workers():
    trials = [ended("a", "one"), ended("b", "three")]
    first = room.measured_seeds(trials, ["options"], workers=3)
    assert [[seed.values["options"] for seed in one] for one in first] == [[3, 6], [5, 6]]
    assert runs() == 3
    assert room.measured_seeds(trials, ["options"], workers=3) == first
    assert runs() == 3
    # other measures are other numbers
    record = Path("cache/trials/a.options-0.json")
    record.write_text(json.dumps(json.loads(record.read_text()) | {"code": "older"}))
    room.measured_seeds(trials, ["options"], workers=3)
    assert runs() == 4
    assert room.measured_seeds([], ["options"], workers=2) == []


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("kill", r"was killed \(signal 9\); run the same command again"),
        ("full", "measuring stage 1: No space left on device; run the same"),
    ],
)
def test_a_kill_and_a_full_disk_end_the_search_and_are_no_measures(word, message):
    with pytest.raises(UserError, match=message):
        room.measured_seeds([ended("a", word, seeds=(0,))], ["options"])
    assert not Path("cache/trials/a.options-0.json").exists()
    # nothing is left of it
    assert list(Path("cache/measuring").iterdir()) == []


def test_a_model_that_the_cache_has_lost_is_told_with_what_brings_it_back(monkeypatch):
    def lost(name, params):
        raise FileNotFoundError("DVC's cache has lost data/features of a")

    monkeypatch.setattr(room, "measuring_tree", lost)
    with pytest.raises(UserError, match="lost data/features of a; type `dvc exp remove a` and"):
        room.measured_seeds([ended("a", "one")], ["captions", "options"])
