"""Published ratios, with one's own apart from them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bettersynth.evaluation.scoring.baseline_scores import Baseline
from bettersynth.experiments.report.published import (
    OWN,
    RatioRow,
    own_row,
    published_results,
    ratio_table,
)
from bettersynth.experiments.workflow.experiment import twin_names

CONF = Path(__file__).parents[3] / "conf"
# the words of a file's first lines, with what they say of one row
PUBLISHED = re.compile(
    r"Published \((.+?)\): (\d+)k samples, MMBench ([.\d]+) x the baseline, TextVQA ([.\d]+) x\."
)
SOURCES = {
    "team a": "a team's write-up (team a)",
    "seed report 004": "a finalist's report (seed 004)",
}


def opening(path: Path) -> str:
    """Return the first lines of a file of conf/, all of comments, as one line."""
    lines = path.read_text().splitlines()
    comments = []
    for line in lines:
        if not line.startswith("# "):
            break
        comments.append(line.removeprefix("# "))
    return " ".join(comments)


def test_each_published_file_opens_with_source_count_and_scores_of_its_row() -> None:
    for row in published_results():
        (found,) = PUBLISHED.findall(opening(CONF / f"experiment/published/{row.experiment}.yaml"))
        assert SOURCES[found[0]] == row.source
        assert int(found[1]) * 1000 == row.samples
        assert (float(found[2]), float(found[3])) == (row.mmbench, row.textvqa)


def test_the_files_without_a_row_say_who_published_what() -> None:
    with_row = {row.experiment for row in published_results()}
    files = {path.stem: path for path in (CONF / "experiment/published").glob("*.yaml")}
    assert set(files) - with_row == {
        "seed_004_best",
        "third_place",
        "datacomp_basic",
        "datacomp_clip_30",
        "datacomp_image_clusters",
        "datacomp_random",
        "datacomp_text_clusters",
    }
    for name in set(files) - with_row:
        assert re.search(r"Published \(.+\): .*ratio|No score was published", opening(files[name]))
        assert re.search(r"\d+k samples|How many of the 400,000", opening(files[name]))


def test_every_published_file_has_a_twin_that_says_so() -> None:
    files = sorted((CONF / "experiment/published").glob("*.yaml"))
    assert twin_names(CONF) == [f"published/nano/{path.stem}" for path in files]
    for path in files:
        first = opening(path.parent / "nano" / path.name)
        assert f"snakemake results/published/nano/{path.stem}/score.json" in first
        assert f"Twin of published/{path.stem}" in first


def test_published_rows_come_best_first_and_name_their_source() -> None:
    rows = published_results()
    totals = [row.total for row in rows]
    assert totals == sorted(totals, reverse=True)
    assert all(row.source and row.source != OWN for row in rows)


def test_ones_own_row_is_marked_and_escaped() -> None:
    baseline = Baseline(40.0, 20.0, "likelihood", "x")
    row = own_row("<me>", {"mmbench": 60.0, "textvqa": 10.0, "samples": 1200}, baseline)
    assert row == RatioRow("<me>", 1200, 1.5, 0.5, OWN)
    assert row.total == pytest.approx(1.0)
    table = ratio_table([row])
    assert '<tr class="own"><td class="words">&lt;me&gt;</td>' in table
    assert "1,200" in table
    own, published = table.split("Published, of a model of two billion parameters")
    assert "&lt;me&gt;" in own
    assert "&lt;me&gt;" not in published
    assert 'class="own"' not in ratio_table([])
