"""What dvc.lock says is compared with itself, with the settings and with the files."""

from __future__ import annotations

from pathlib import Path

import pytest

from bettersynth.experiments.history.compared_runs import WORKSPACE, Experiment
from bettersynth.experiments.history.dvc_hashes import dvc_md5
from bettersynth.experiments.history.verification import hashes_of, is_inside, verify


@pytest.fixture
def stages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict:
    monkeypatch.chdir(tmp_path)
    for name in ("source", "pool", "mix"):
        Path(name).write_text(name)
    md5 = {name: dvc_md5(Path(name)) for name in ("source", "pool", "mix")}
    return {
        "pool": {
            "deps": [{"path": "source", "md5": md5["source"]}],
            "params": {"params.yaml": {"pool.seed": 0}},
            "outs": [{"path": "pool", "md5": md5["pool"]}],
        },
        "mix": {
            "deps": [{"path": "pool", "md5": md5["pool"]}],
            "outs": [{"path": "mix", "md5": md5["mix"]}],
        },
    }


def workspace(params):
    return Experiment(WORKSPACE, params, {}, {}, lambda path: None)


def test_what_was_not_touched_holds(stages) -> None:
    check = verify(workspace({"pool": {"seed": 0}}), stages)
    assert (check.compared, check.broken, check.unseen) == (5, [], [])


def test_a_setting_an_input_and_an_output_that_changed_are_named(stages) -> None:
    Path("source").write_text("other")
    Path("mix").write_text("other")
    stages["mix"]["deps"][0]["md5"] = "0"
    check = verify(workspace({"pool": {"seed": 1}}), stages)
    assert check.broken == [
        "pool ran with another pool.seed than params.yaml has",
        "source has changed since pool ran",
        "mix read another pool than the stage before wrote",
        "mix is not what mix wrote",
    ]


def test_what_is_not_at_hand_is_listed_once(stages) -> None:
    Path("source").unlink()
    stages["mix"]["deps"].append({"path": "source", "md5": "x"})
    check = verify(workspace({"pool": {"seed": 0}}), stages)
    assert check.unseen == ["source"]
    assert check.broken == []


def test_paths_and_hashes_of_stages(stages) -> None:
    assert set(hashes_of(stages, "outs")) == {"pool", "mix"}
    assert is_inside("data/pool", "data/pool")
    assert is_inside("data/pool/a", "data/pool")
    assert not is_inside("data/pools", "data/pool")
