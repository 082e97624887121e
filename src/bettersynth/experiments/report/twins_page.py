"""The published recipes on nano's pool beside what was published: `results/published/report.html`.

    python -m bettersynth.experiments.report.twins_page

It shows the twins whose scores are there and names the others; Snakemake runs those first.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from markupsafe import Markup

from bettersynth.data.files.writing import complete_or_absent
from bettersynth.data.tables.score import SCORE
from bettersynth.errors import UserError
from bettersynth.evaluation.scoring.baseline_scores import Baseline, read_baseline
from bettersynth.evaluation.statistics.rank_correlation import RankCorrelation, rank_correlations
from bettersynth.experiments.history.compared_runs import score_in
from bettersynth.experiments.report.charts import scatter
from bettersynth.experiments.report.published import RatioRow, published_results
from bettersynth.experiments.report.templates import filled
from bettersynth.experiments.workflow.experiment import TWINS, TWINS_PAGE, twin_names
from bettersynth.experiments.workflow.run_step import run_step
from bettersynth.settings.regular_files import is_there

# what ratios of nano are taken to
BASELINE = Path("conf/score/baseline_nano.json")
BENCHMARKS = {"mmbench": "MMBench", "textvqa": "TextVQA"}
WHOLE = 400_000  # pairs of the challenge's pool
# what rows are called that begin with the bound of .32 on similarity
SHARED_RULE = "similarity_032"


@dataclasses.dataclass(frozen=True)
class Twin:
    """A published recipe, its published row if it has one, and its score here if it ran.

    `score` is a score.json; ratios are to `baseline`.
    """

    name: str
    published: RatioRow | None
    score: dict[str, Any] | None
    baseline: Baseline

    def ratio(self, field: str) -> float:
        """Return a score of this run, such as `mmbench` or `mmbench_low`, over the baseline's."""
        assert self.score is not None
        return float(self.score[field]) / float(getattr(self.baseline, field.split("_")[0]))

    @property
    def total(self) -> float:
        """The mean of both ratios."""
        return (self.ratio("mmbench") + self.ratio("textvqa")) / 2


@dataclasses.dataclass(frozen=True)
class Agreement:
    """How the twins' order agrees with the published one on one score."""

    score: str
    correlations: list[RankCorrelation]
    sentence: str


def read_twins(baseline: Baseline) -> list[Twin]:
    """Return all twins, those with a published row first, the best of them first."""
    rows = {row.experiment: row for row in published_results()}
    twins = []
    for experiment in twin_names():
        name = experiment.removeprefix(f"{TWINS}/")
        file = Path("results", experiment, SCORE.name)
        score = score_in(file.read_bytes(), str(file)) if is_there(file) else None
        twins.append(Twin(name, rows.get(name), score, baseline))
    return sorted(twins, key=lambda twin: -twin.published.total if twin.published else 0)


def comparable(twins: Sequence[Twin]) -> list[tuple[RatioRow, Twin]]:
    """Return the pairs of published row and twin where both have a score."""
    pairs = []
    for twin in twins:
        if twin.published and twin.score:
            pairs.append((twin.published, twin))
    return pairs


def agreements(twins: Sequence[Twin]) -> list[Agreement]:
    """Return the agreement on each benchmark and on the mean of both."""
    pairs = comparable(twins)
    by_score = {}
    for field, label in BENCHMARKS.items():
        there = [getattr(row, field) for row, _ in pairs]
        by_score[label] = there, [twin.ratio(field) for _, twin in pairs]
    by_score["mean of both"] = [row.total for row, _ in pairs], [twin.total for _, twin in pairs]
    found = []
    for label, (there, here) in by_score.items():
        correlations = rank_correlations(there, here)
        found.append(Agreement(label, correlations, reading(label, correlations)))
    return found


def reading(score: str, correlations: Sequence[RankCorrelation]) -> str:
    """Return what the coefficients let one say."""
    if not correlations:
        return f"{score}: too few rows to compare orders."
    told = [correlation for correlation in correlations if correlation.is_told]
    if len(told) < len(correlations):
        return (
            f"{score}: an interval holds 0, so these rows do not show that the order there says "
            "anything of the order here."
        )
    same = "better" if told[0].value > 0 else "worse"
    return f"{score}: recipes that did better there tend to do {same} here."


def plot(twins: Sequence[Twin], field: str) -> Markup:
    """Return a benchmark's published ratios against those here, with intervals."""
    points = []
    for row, twin in comparable(twins):
        low, high = twin.ratio(f"{field}_low"), twin.ratio(f"{field}_high")
        points.append((getattr(row, field), twin.ratio(field), low, high, twin.name))
    label = BENCHMARKS[field]
    return scatter(points, "published ratio", "ratio here", f"{label}, published against here")


def write_page(page: Path = TWINS_PAGE) -> str:
    """Write the page of the twins that ran; return a summary.

    Raises:
        UserError: none ran.
    """
    twins = read_twins(read_baseline(BASELINE))
    ran = [twin for twin in twins if twin.score]
    if not ran:
        raise UserError(
            f"no twin has a score under results/{TWINS}; run them: `snakemake --cores all {page}`"
        )
    pairs = comparable(twins)
    content = {
        "twins": twins,
        "ran": len(ran),
        "missing": [twin.name for twin in twins if not twin.score],
        "agreements": agreements(twins),
        "plots": [plot(twins, field) for field in BENCHMARKS] if pairs else [],
        "compared": len(pairs),
        "sharing": sum(twin.name.startswith(SHARED_RULE) for _, twin in pairs),
        "seeds": sorted({twin.score["seeds"] for twin in ran if twin.score}),
        "whole": WHOLE,
        "baseline": ran[0].baseline,
    }
    with complete_or_absent(page) as temporary:
        temporary.write_text(filled("twins.html", content), encoding="utf-8")
    if len(ran) < len(twins):
        _date_before_scores(page, ran)
    return f"page: {page}, {len(ran)} of {len(twins)} twins"


def _date_before_scores(page: Path, ran: Sequence[Twin]) -> None:
    """Make a page without all twins older than the scores on it.

    Snakemake takes a page that is newer than they are for whole, and runs no twin that is missing.
    """
    scores = [Path("results", TWINS, twin.name, SCORE.name) for twin in ran]
    oldest = min(score.stat().st_mtime for score in scores)
    os.utime(page, (oldest - 1, oldest - 1))


def main() -> None:
    """Write the page and say what is on it."""
    print(write_page())


if __name__ == "__main__":
    run_step(main)
