"""Pools by their name in conf/pools."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from support.pool_arms import ended_arm

from bettersynth.data.tables.items import PROBABILITY, completed
from bettersynth.errors import UserError
from bettersynth.experiments.studies import pools_command as module
from bettersynth.experiments.studies.arms import Pair, compare_pairs
from bettersynth.experiments.studies.pools import Study
from bettersynth.experiments.studies.pools_command import read_pools, require_study, run_pools
from bettersynth.settings.pools import PoolsSettings

ROOT = Path(__file__).parents[3]
CONF = ROOT / "conf/pools"
SETTINGS = PoolsSettings(
    experiment="tiny", stats=["a"], seeds=[0], combine=1, repeats=[], leave_one_out=False
)


@pytest.mark.parametrize("name", sorted(path.stem for path in CONF.glob("*.yaml")))
def test_the_files_of_conf_pools_are_read(name):
    assert read_pools(name, CONF).seeds


def test_an_unknown_file_is_told_with_the_nearest():
    with pytest.raises(UserError, match=r"tinny.yaml does not exist \(did you mean tiny\?\)"):
        read_pools("tinny", CONF)


def test_a_stat_that_nothing_measures_is_refused_before_the_first_trial(monkeypatch):
    monkeypatch.chdir(ROOT)
    with pytest.raises(UserError) as refused:
        require_study(SETTINGS, "mine", 1)
    told = str(refused.value)
    assert told.startswith("conf/pools/mine.yaml: ")
    assert "compares __dj__stats__.a, which nothing measures" in told


def test_a_spread_of_an_older_version_is_refused(monkeypatch):
    monkeypatch.chdir(ROOT)
    older = completed(ended_arm("a", 0.5).run.items.drop_columns([PROBABILITY]))
    monkeypatch.setattr(module, "spread_of_run", lambda name: older)
    lent = dataclasses.replace(SETTINGS, seed_spread="workspace")
    with pytest.raises(UserError, match="names workspace, whose scores are of a version without"):
        require_study(lent, "mine", 1)


def test_a_study_leaves_its_page_and_says_what_is_learned(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    results = {name: ended_arm(name, skill) for name, skill in (("a", 0.05), ("b", 0.95))}
    comparisons = compare_pairs(results, [Pair("b", "a", "text_len", "b beside a")])

    class Ended:
        def run(self):
            return Study(results, comparisons)

    monkeypatch.setattr(module, "read_pools", lambda name: SETTINGS)
    monkeypatch.setattr(module, "require_study", lambda *_: Ended())
    said = run_pools("small", workers=2)
    assert said.startswith("text_len: b beside a gains ")
    assert said.endswith("page: results/pools/small/report.html")
    assert "<svg" in Path("results/pools/small/report.html").read_text()
