"""`bettersynth compare EXP [EXP ...]`: differences in scores, settings and data, printed and on a
page.

The first experiment is what the others are compared with.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from bettersynth.data.files.writing import complete_or_absent
from bettersynth.errors import UserError
from bettersynth.evaluation.scoring.baseline_scores import answered_others, read_baseline
from bettersynth.evaluation.scoring.item_scores import has_reading
from bettersynth.evaluation.scoring.lent_spread import training_part
from bettersynth.experiments.history.category_differences import (
    CategoryDifference,
    category_differences,
)
from bettersynth.experiments.history.compared_runs import (
    WORKSPACE,
    Run,
    load_run,
    revision_of,
    spread_of_run,
)
from bettersynth.experiments.history.cost_differences import (
    CostDifference,
    cost_differences,
    cost_sentence,
)
from bettersynth.experiments.history.data_difference import (
    DataDifference,
    data_difference,
    data_sentence,
)
from bettersynth.experiments.history.origins import recorded_words
from bettersynth.experiments.history.param_differences import param_differences
from bettersynth.experiments.history.score_differences import ScoreDifference, score_differences
from bettersynth.experiments.report.compare_words import conclusions
from bettersynth.experiments.report.example_pictures import example_pictures
from bettersynth.experiments.report.flipped_items import FlippedItem, flipped_items
from bettersynth.experiments.report.published import RatioRow, own_row, ratio_table
from bettersynth.experiments.report.score_rows import ABILITIES
from bettersynth.experiments.report.templates import filled
from bettersynth.experiments.report.variation import Variation, variation
from bettersynth.settings.regular_files import is_there

PAGE = Path("results/compare.html")


@dataclasses.dataclass(frozen=True)
class Comparison:
    """Everything the table and the page show.

    `intervals` say in words what the differences' intervals hold. `params` maps a setting's path to
    its value in each run, where they differ. `variation` is the first run's; `flipped` are the
    questions that flipped, by the other run's name; `pictures` those of the data's examples, by id.
    `recorded` says when each run was recorded and from which code.
    """

    @property
    def conclusions(self) -> list[str]:
        """What all of it comes to, a sentence for each other run."""
        return conclusions(self.names[0], self.differences)

    names: list[str]
    scores: list[dict[str, Any]]
    differences: list[ScoreDifference]
    intervals: list[str]
    params: dict[str, list[Any]]
    data: list[DataDifference]
    costs: list[CostDifference]
    ratios: list[RatioRow]
    variation: list[Variation]
    flipped: dict[str, list[FlippedItem]]
    categories: list[CategoryDifference]
    pictures: dict[str, str]
    recorded: list[str] = dataclasses.field(default_factory=list)


def compare_runs(
    names: Sequence[str], page: Path = PAGE, seed_spread: str | None = None
) -> Comparison:
    """Compare experiments with the first of `names`, print the table and write the page.

    One name alone is compared with the workspace. Where one seed ran, the experiment `seed_spread`
    lends how its seeds differ.

    Raises:
        UserError: one name twice, one that cannot be found, or runs that answered other questions.
    """
    names = [WORKSPACE, *names] if len(names) == 1 else list(names)
    if len(set(names)) != len(names):
        raise UserError(
            "compare needs two or more different experiments, commits, folders, or `workspace`"
        )
    # a misspelt name is told before results that are not there
    for name in names:
        revision_of(name)
    # such as results/score.json, which is read
    if page.suffix != ".html":
        raise UserError(f"--page {page} must end in .html")
    runs = []
    for name, short in zip(names, short_names(names), strict=True):
        # tables and page use the short name; the files are read by the whole one
        runs.append(dataclasses.replace(load_run(name), name=short))
    comparison = dataclasses.replace(
        comparison_of(runs, spread_of_run(seed_spread)), recorded=list(map(recorded_words, names))
    )
    write_page(comparison, page)
    print(comparison_table(comparison))
    print(f"page: {page}")
    return comparison


def comparison_of(runs: Sequence[Run], spread: pa.Table | None = None) -> Comparison:
    """Return how the other runs differ from the first; `spread` as in `score_differences`.

    Raises:
        UserError: they have no seed in common, or answered other questions.
    """
    first, *others = runs
    protocol = str(first.score["mmbench_protocol"])
    data = [data_difference(first, run) for run in others]
    ratios = [ratios_of(run) for run in runs]
    differences = score_differences(runs, spread)
    return Comparison(
        names=[run.name for run in runs],
        scores=[run.score for run in runs],
        differences=differences,
        intervals=_interval_words(differences, spread is not None),
        params=param_differences(runs),
        data=[difference for difference in data if difference],
        costs=cost_differences(runs),
        ratios=[row for row in ratios if row],
        variation=variation(first.items, protocol),
        flipped={run.name: flipped_items(first.items, run.items, protocol) for run in others},
        categories=category_differences(runs, spread),
        pictures=example_pictures(first.read, _example_ids(data)),
    )


def _interval_words(differences: Sequence[ScoreDifference], borrowed: bool) -> list[str]:
    """Return what the differences' intervals hold, for each number of seeds in common.

    The runs are named where that number is not the same for all.
    """
    runs_of: dict[int, list[str]] = {}
    for row in differences:
        runs = runs_of.setdefault(row.seeds, [])
        if row.other not in runs:
            runs.append(row.other)
    lines = []
    for seeds, runs in runs_of.items():
        whose = f"of {', '.join(runs)} " if len(runs_of) > 1 else ""
        lines.append(f"{whose}{training_part(seeds, borrowed)}")
    return lines


def _example_ids(data: Sequence[DataDifference | None]) -> set[str]:
    """Return the ids of all samples that the page shows."""
    ids = set()
    for difference in data:
        for examples in difference.examples.values() if difference else ():
            ids |= {example.id for example in examples}
    return ids


def short_names(names: Sequence[str]) -> list[str]:
    """Return what the table and the page call the runs.

    That is a folder without `results/`, unless two would have one name.
    """
    short = [name.rstrip("/").removeprefix(f"{PAGE.parent}/") for name in names]
    return short if len(set(short)) == len(names) else list(names)


def ratios_of(run: Run) -> RatioRow | None:
    """Return a run's ratios to the baseline that its settings name.

    None without a baseline of its headline protocol that answered the same questions.
    """
    path = ((run.params or {}).get("score") or {}).get("baseline")
    if not path or not is_there(path):
        return None
    baseline = read_baseline(Path(path))
    if baseline.mmbench_protocol != run.score["mmbench_protocol"]:
        return None
    if baseline.things != has_reading(run.items):
        return None
    if answered_others(baseline, run.items):
        return None
    return own_row(run.name, run.score, baseline)


def comparison_table(comparison: Comparison) -> str:
    """Return what is printed.

    It is the scores of each run, differences with intervals and p, data and settings that differ.
    """
    width = max(len(name) for name in comparison.names) + 2
    lines = [f"{'':{width}}{'MMBench':>24}{'TextVQA':>24}   samples"]
    for name, score in zip(comparison.names, comparison.scores, strict=True):
        cells = f"{_with_bounds(score, 'mmbench'):>24}{_with_bounds(score, 'textvqa'):>24}"
        lines.append(f"{name:{width}}{cells}   {score['samples']:,}")
    lines += [
        "",
        f"differences from {comparison.names[0]} in points; 95 % interval; "
        "p paired over items and seeds, Holm over this table",
    ]
    lines += [_difference_line(row, width) for row in comparison.differences]
    lines += [f"the intervals of the differences {words}" for words in comparison.intervals]
    lines += [f"{row.label}: {row.sentence}" for row in comparison.variation]
    lines += [f"{data.other:{width}}data: {data_sentence(data)}" for data in comparison.data]
    lines += [cost_sentence(cost) for cost in comparison.costs]
    lines.append(f"settings that differ: {len(comparison.params)}")
    for path, values in comparison.params.items():
        lines.append(f"  {path}: {' | '.join(map(str, values))}")
    lines += ["", *comparison.conclusions]
    return "\n".join(lines)


def _with_bounds(score: dict[str, Any], benchmark: str) -> str:
    low = score[f"{benchmark}_low"]
    high = score[f"{benchmark}_high"]
    return f"{score[benchmark]:.2f} ({low:.2f}-{high:.2f})"


def _difference_line(row: ScoreDifference, width: int) -> str:
    label = f"{row.benchmark} {row.protocol.replace('_', ' ')}"
    bounds = f"{row.low:+.2f} to {row.high:+.2f}"
    return (
        f"{row.other:{width}}{label:34}{row.difference:+7.2f}   {bounds:18} "
        f"p {row.p:.4f}   Holm {row.adjusted_p:.4f}"
    )


def write_page(comparison: Comparison, page: Path) -> None:
    """Write the comparison as one page that is complete in itself."""
    # the least half-width, in points, of the charts' axis
    ends = [1.0]
    rows = [row.difference for row in comparison.categories]
    for row in [*comparison.differences, *rows]:
        ends += [abs(row.low), abs(row.high)]
    content = {
        "comparison": comparison,
        "extent": max(ends),
        "published": ratio_table(comparison.ratios),
        "abilities": ABILITIES,
    }
    with complete_or_absent(page) as temporary:
        temporary.write_text(filled("compare.html", content), encoding="utf-8")
