"""The report with date, code and cost; and before there is a score."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from support.small_report import PLANTED, make_data, make_run

from bettersynth.data.files.writing import write_json
from bettersynth.errors import UserError
from bettersynth.experiments.history.costs import Cost
from bettersynth.experiments.report import recorded_run
from bettersynth.experiments.report.page import make_page
from bettersynth.experiments.report.recorded_run import cost_sentence, write_recorded_report
from bettersynth.experiments.workflow.stale_reasons import StaleStage
from bettersynth.settings.reading import load_params

PAGE = Path("recorded.html")
HEAD = ("Recorded", "It took", "What it took", "Of stages")


@pytest.fixture(autouse=True)
def _in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def with_stale(monkeypatch: pytest.MonkeyPatch, *stale: StaleStage) -> None:
    monkeypatch.setattr(recorded_run, "stale_stages", lambda: ([], list(stale)))


def without_head(page: str) -> str:
    for words in HEAD:
        page = re.sub(rf'<p class="soft">{words}[^<]*</p>', "", page)
    return page


def test_a_scored_run_has_the_stages_page_with_a_head(monkeypatch):
    make_run(PLANTED)
    with_stale(monkeypatch)
    assert write_recorded_report(PAGE)
    written = PAGE.read_text()
    assert without_head(written) == make_page(load_params())
    assert "Recorded 20" in written
    assert "UTC, code " in written
    assert "What it took was not measured in this clone." in written


def test_a_run_that_stopped_at_mix_has_its_data_and_no_scores(monkeypatch):
    make_data(PLANTED)
    # of an earlier run: it is in git
    write_json("results/score.json", {"mmbench": 99.0})
    with_stale(monkeypatch, StaleStage("pretrain@0", "has not run yet"), StaleStage("score", ""))
    assert not write_recorded_report(PAGE)
    written = PAGE.read_text()
    assert "5 in training, not scored." in written
    assert "pretrain: has not run yet then: score" in written
    assert 'id="pairs"' in written
    assert "area under the ROC curve" in written
    for absent in ('id="scores"', 'id="training"', 'href="#scores"', "99.0", "trained model"):
        assert absent not in written


def test_before_the_mix_its_command_is_named(monkeypatch):
    make_data(PLANTED)
    Path("data/mix/decisions.parquet").unlink()
    with_stale(monkeypatch, StaleStage("score", ""))
    with pytest.raises(UserError, match="snakemake --cores all data/mix/decisions.parquet"):
        write_recorded_report(PAGE)
    assert not PAGE.exists()


def test_what_may_be_a_file_that_is_read_is_not_written_over():
    with pytest.raises(UserError, match="must end in .html"):
        write_recorded_report(Path("params.yaml"))


def test_what_it_took_is_a_sentence():
    cost = Cost(wall_seconds=90.0, cpu_seconds=120.0, known=3, stages=4)
    assert cost_sentence(cost) == (
        "It took 2.0 CPU minutes; its stages one after another, 1.5 minutes. "
        "Measured in this clone: 3 of 4 stages."
    )
