"""What a trial took is found by its name."""

import os
from pathlib import Path

import pytest

from bettersynth.experiments.search.outcomes import (
    Outcome,
    beginning_of,
    keep_outcome,
    known_outcome,
    note_beginning,
    summed,
)
from bettersynth.experiments.search.trial_settings import Trial

TRIAL = Trial("a", ("mix.visits=8",), "score", {"seeds": [0]})


@pytest.fixture(autouse=True)
def _cache(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BETTERSYNTH_CACHE", str(tmp_path / "cache"))
    os.system("git init --quiet")


def test_a_failure_is_found_again_and_a_success_only_with_its_experiment():
    assert known_outcome(TRIAL) is None
    failed = Outcome(TRIAL, "nothing is left", 3.5, 0.0)
    keep_outcome(failed)
    assert known_outcome(TRIAL) == failed
    keep_outcome(Outcome(TRIAL, "", 3.5, 0.0))
    assert known_outcome(TRIAL) is None


def test_the_first_beginning_stands():
    assert beginning_of(TRIAL) == 0
    note_beginning(TRIAL)
    first = beginning_of(TRIAL)
    assert first > 0
    note_beginning(TRIAL)
    assert beginning_of(TRIAL) == first
    assert Path("cache/trials/a.began").exists()


def test_what_has_no_number_adds_nothing():
    assert summed([{"cpu_seconds": 1.25}, {"cpu_seconds": None}, {}], "cpu_seconds") == 1.2
