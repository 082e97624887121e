"""What is wrong with a search is told before its first trial."""

import dataclasses
import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from support.small_search import CHEAP_LADDER, small_settings

from bettersynth.errors import UserError
from bettersynth.experiments.search import checks

WHERE = "conf/search/small.yaml"


@pytest.fixture(autouse=True)
def _in_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BETTERSYNTH_CACHE", str(tmp_path / "cache"))


def test_a_search_that_is_not_there_is_told_with_the_nearest():
    Path("conf/search").mkdir(parents=True)
    Path("conf/search/tiny.yaml").touch()
    with pytest.raises(UserError, match=r"tinny.yaml does not exist \(did you mean tiny\?\)"):
        checks.read_search("tinny")


def test_a_budget_that_no_training_of_this_clone_fits_in_is_refused():
    checks._require_budget(small_settings(), WHERE)
    for step, seconds in (("pretrain", 30), ("finetune", 12)):
        record = Path(f"cache/costs/{step}@0/a.json")
        record.parent.mkdir(parents=True)
        record.write_text(json.dumps({"cpu_seconds": seconds}))
    with pytest.raises(UserError, match=r"cpu_seconds is 100, but .* 10 seeds.*give 420 or more"):
        checks._require_budget(small_settings(), WHERE)


def test_a_budget_of_seconds_is_refused_where_nothing_was_trained_yet():
    poor = small_settings(budget={"cpu_seconds": 5})
    with pytest.raises(UserError, match=r"cpu_seconds is 5, but .* 10 seeds.*give 40 or more"):
        checks._require_budget(poor, WHERE)


def test_a_budget_of_gpu_seconds_alone_is_refused_where_there_is_no_gpu(monkeypatch):
    search = small_settings(budget={"gpu_seconds": 100})
    monkeypatch.setattr("torch.cuda.device_count", lambda: 0)
    with pytest.raises(UserError, match="no GPU is visible here, so that nothing would be counted"):
        checks._require_budget(search, WHERE)
    monkeypatch.setattr("torch.cuda.device_count", lambda: 1)
    checks._require_budget(search, WHERE)


def test_an_unknown_measure_is_told_with_those_there_are():
    checks._require_measures(small_settings(ladder=CHEAP_LADDER), WHERE)
    ladder = [CHEAP_LADDER[0] | {"measure": "option"}, CHEAP_LADDER[1]]
    message = r"ladder: there is no measure option \(did you mean options\?\); there are: caption_l"
    with pytest.raises(UserError, match=message):
        checks._require_measures(small_settings(ladder=ladder), WHERE)


def test_a_measure_stands_for_no_second_score():
    search = small_settings(ladder=CHEAP_LADDER, objectives=["mmbench", "samples"])
    checks._require_measures(search, WHERE)
    search = dataclasses.replace(search, objectives=["mmbench", "textvqa"])
    with pytest.raises(UserError, match="textvqa is a score too, which stage 1 does not have"):
        checks._require_measures(search, WHERE)


def test_a_full_disk_is_told_before_the_first_trial(monkeypatch):
    Path("dvc.lock").write_text("stages: {pool: {outs: [{path: a, size: 900000000}]}}")
    free = SimpleNamespace(free=10**9)
    monkeypatch.setattr("shutil.disk_usage", lambda path: free)
    with pytest.raises(UserError, match=r"1,000 MB are free, and 2 trials .* 2,000 MB; make room"):
        checks.require_room(2)
    Path("dvc.lock").unlink()
    checks.require_room(2)


def test_a_study_of_other_settings_is_refused_and_one_with_more_budget_goes_on():
    folder = Path("results/search/small")
    search = small_settings()
    checks._require_same_settings(search, WHERE, folder)
    richer = small_settings(budget={"cpu_seconds": 900})
    checks._require_same_settings(richer, WHERE, folder)
    # as it was kept before rungs had measures
    kept = json.loads((folder / checks.SETTINGS).read_text())
    for rung in kept["ladder"]:
        assert rung.pop("measure") is None
    (folder / checks.SETTINGS).write_text(json.dumps(kept))
    checks._require_same_settings(search, WHERE, folder)
    other = dataclasses.replace(search, seed=1)
    with pytest.raises(UserError, match=r"is the study of other settings than .*: seed; copy"):
        checks._require_same_settings(other, WHERE, folder)


def test_evidence_may_not_change_under_a_study_and_a_line_it_lacks_has_its_default():
    folder = Path("results/search/small")
    own = small_settings()
    together = dataclasses.replace(own, evidence="together")
    checks._require_same_settings(together, WHERE, folder)
    with pytest.raises(UserError, match="other settings than .*: evidence; copy"):
        checks._require_same_settings(own, WHERE, folder)
    path = folder / checks.SETTINGS
    path.write_text(path.read_text().replace('"evidence": "together"', '"evidence": "own"'))
    checks._require_same_settings(own, WHERE, folder)
    kept = json.loads(path.read_text())
    del kept["evidence"], kept["rules"]
    path.write_text(json.dumps(kept))
    checks._require_same_settings(own, WHERE, folder)
    with pytest.raises(UserError, match="other settings than .*: evidence; copy"):
        checks._require_same_settings(together, WHERE, folder)


def test_a_range_of_whole_numbers_is_another_than_one_of_all():
    folder = Path("results/search/small")
    whole = small_settings(vary={"a.b": {"low": 0, "high": 1}})
    checks._require_same_settings(whole, WHERE, folder)
    real = small_settings(vary={"a.b": {"low": 0.0, "high": 1.0}})
    with pytest.raises(UserError, match="other settings than .*: vary; copy"):
        checks._require_same_settings(real, WHERE, folder)


@pytest.mark.parametrize("content", [b"[1]", b"null", b"", b"\xff\x00\x80", b'{"vary": 3}'])
def test_damaged_settings_of_a_study_are_told_with_what_to_remove(content):
    folder = Path("results/search/small")
    folder.mkdir(parents=True)
    (folder / checks.SETTINGS).write_bytes(content)
    message = (
        f"{checks.SETTINGS}.*; remove {folder / checks.SETTINGS} where .*, else all of {folder}"
    )
    with pytest.raises(UserError, match=message):
        checks._require_same_settings(small_settings(), WHERE, folder)


def test_a_folder_in_the_place_of_what_is_read_is_told():
    Path("dvc.lock").unlink(missing_ok=True)
    Path("dvc.lock").mkdir()
    with pytest.raises(UserError, match="dvc.lock is a folder; it must be a file"):
        checks.require_room(2)
    folder = Path("results/search/small")
    (folder / checks.SETTINGS).mkdir(parents=True)
    with pytest.raises(UserError, match=f"{checks.SETTINGS} is a folder; it must be a file"):
        checks._require_same_settings(small_settings(), WHERE, folder)
