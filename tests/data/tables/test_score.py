"""The metrics of a run come back."""

from __future__ import annotations

import pytest
from support.small_runs import whole_score

from bettersynth.data.tables.score import SCORE, checked_score, read_score, write_score
from bettersynth.errors import UserError


def test_metrics_come_back_and_missing_ones_name_their_command(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match="run `snakemake --cores all results/score.json`"):
        read_score()
    write_score(whole_score(mmbench=40.1))
    assert read_score() == whole_score(mmbench=40.1)
    assert SCORE.read_text().endswith("}\n")


def refused(score: object, lacking: str) -> None:
    message = f"^here has no {lacking} as the score step writes it: it is damaged, or of another ve"
    with pytest.raises(UserError, match=message):
        checked_score(score, "here")


def test_what_every_version_wrote_must_be_there():
    assert "mmbench_likelihood" in whole_score()
    for name in whole_score():
        refused({key: value for key, value in whole_score().items() if key != name}, name)
    refused([], "mmbench")
    refused(None, "mmbench")


@pytest.mark.parametrize("name", ["mmbench_low", "samples", "total", "mmbench_strict"])
@pytest.mark.parametrize("value", [None, "4", True, [1.0], float("inf"), 10**400])
def test_what_is_there_must_be_a_number(name, value):
    whole = whole_score(total=1.0, total_low=0.9, total_high=1.1)
    assert checked_score(whole, "here") == whole
    refused(whole | {name: value}, name)


def test_counts_are_whole_and_the_protocol_is_one_that_has_a_score():
    refused(whole_score(samples=1.5), "samples")
    refused(whole_score(mmbench_protocol=3), "mmbench_protocol")
    refused(whole_score(mmbench_protocol="x"), "mmbench_x")


def test_a_score_that_not_every_run_has_stands_with_its_interval():
    refused(whole_score(total=1.0, total_low=0.9), "total_high")
    reading = {f"textvqa_reading{end}": 30.0 for end in ("", "_low", "_high")}
    refused(whole_score(**reading), "textvqa_reading_any_listed_token")
