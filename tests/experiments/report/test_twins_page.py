"""The twins' page shows what ran beside what was published."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.small_runs import whole_score

from bettersynth.data.files.writing import write_json
from bettersynth.errors import UserError
from bettersynth.evaluation.scoring.baseline_scores import read_baseline
from bettersynth.evaluation.statistics.rank_correlation import RankCorrelation
from bettersynth.experiments.report.published import published_results
from bettersynth.experiments.report.twins_page import (
    BASELINE,
    agreements,
    read_twins,
    reading,
    write_page,
)
from bettersynth.experiments.workflow.experiment import twin_names

ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def _in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("conf").symlink_to(ROOT / "conf")


def write_score(name: str, mmbench: float) -> None:
    """Write the score of a twin; its intervals are 2 points to each side."""
    score = whole_score(seeds=2, samples=1440)
    for field, value in (("mmbench", mmbench), ("textvqa", 80.0)):
        bounds = {f"{field}_low": value - 2, f"{field}_high": value + 2}
        score |= {field: value, **bounds}
    write_json(f"results/published/nano/{name}/score.json", score)


def test_every_published_row_has_a_twin() -> None:
    twins = {twin.name: twin for twin in read_twins(read_baseline(BASELINE))}
    for row in published_results():
        assert twins[row.experiment].published == row
    assert twins["datacomp_basic"].published is None


def test_the_page_compares_orders_and_names_what_did_not_run() -> None:
    rows = published_results()
    for row in rows[:6]:
        write_score(row.experiment, 40 + 5 * row.mmbench)
    assert "6 of 27 twins" in write_page()
    page = Path("results/published/report.html").read_text()
    assert page.count("<circle") == 12
    assert f"Not run: {rows[6].experiment}, " in page
    assert "3 of the 6 begin with the same similarity rule" in page
    first = read_twins(read_baseline(BASELINE))[0]
    assert f"<td>{first.ratio('mmbench'):.3f}</td>" in page
    on_mmbench, on_textvqa, on_both = agreements(read_twins(first.baseline))
    assert [row.value for row in on_mmbench.correlations] == [1.0, 1.0]
    # TextVQA is the same for all here: it has no order
    assert on_textvqa.sentence == "TextVQA: too few rows to compare orders."
    assert len(on_both.correlations) == 2


def test_a_page_without_all_twins_is_older_than_their_scores() -> None:
    rows = published_results()
    for row in rows[:6]:
        write_score(row.experiment, 50)
    page = Path("results/published/report.html")
    scores = Path("results/published/nano")
    write_page()
    assert all(score.stat().st_mtime > page.stat().st_mtime for score in scores.rglob("*.json"))
    for twin in twin_names():
        write_score(twin.removeprefix("published/nano/"), 50)
    assert "27 of 27 twins" in write_page()
    assert all(score.stat().st_mtime <= page.stat().st_mtime for score in scores.rglob("*.json"))


def test_an_interval_around_nothing_is_read_as_nothing() -> None:
    told = RankCorrelation("Spearman", 0.6, 0.2, 0.8, 20)
    vague = RankCorrelation("Kendall", 0.4, -0.1, 0.7, 20)
    assert "do not show" in reading("MMBench", [told, vague])
    assert "better here" in reading("MMBench", [told])
    against = RankCorrelation("Spearman", -0.6, -0.8, -0.2, 20)
    assert "worse here" in reading("MMBench", [against])


def test_without_a_score_the_command_is_named() -> None:
    with pytest.raises(UserError, match="snakemake --cores all results/published/report.html"):
        write_page()
