"""`bettersynth compare EXP [EXP ...]`: differences in scores with intervals and p-values, in parameters and in data, on a page.

The first experiment is what the others are compared with.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import jinja2
import numpy as np
from markupsafe import Markup

from bettersynth.data.files.writing import complete_or_absent
from bettersynth.data.tables.items import TEXT_PROTOCOL
from bettersynth.errors import UserError
from bettersynth.evaluation.scoring.baseline_scores import read_baseline
from bettersynth.evaluation.scoring.item_scores import score_matrix
from bettersynth.evaluation.statistics.paired import PairedTest, holm, mcnemar, paired_bootstrap
from bettersynth.experiments.history.compared_runs import WORKSPACE, Run, load_run
from bettersynth.experiments.history.diff import (
    CostDifference,
    DataDifference,
    cost_differences,
    cost_sentence,
    data_difference,
    data_sentence,
    param_differences,
)
from bettersynth.experiments.report.flipped_items import FlippedItem, flipped_items
from bettersynth.experiments.report.published import RatioRow, own_row, ratio_table
from bettersynth.experiments.report.variation import Variation, variation

PAGE = Path("results/compare.html")


@dataclasses.dataclass(frozen=True)
class ScoreDifference:
    """`other` minus `reference` in points, with interval, p, p adjusted over the whole table, and items told apart by seed.

    `only_reference` and `only_other` count answers right in one alone, over all seeds; `significant_seeds` of `seeds` pairs of
    trained models differ by McNemar's test at 5 %. They are None for scores that are not right or wrong.
    """

    benchmark: str
    protocol: str
    other: str
    reference_score: float
    other_score: float
    difference: float
    low: float
    high: float
    p: float
    adjusted_p: float
    seeds: int
    only_reference: int | None
    only_other: int | None
    significant_seeds: int | None


@dataclasses.dataclass(frozen=True)
class Comparison:
    """Everything the table and the page show; `params` maps a setting's path to its value in each run, where they differ.

    `variation` is the first run's; `flipped` are the questions that flipped, by the other run's name.
    """

    names: list[str]
    scores: list[dict[str, Any]]
    differences: list[ScoreDifference]
    params: dict[str, list[Any]]
    data: list[DataDifference]
    costs: list[CostDifference]
    ratios: list[RatioRow]
    variation: list[Variation]
    flipped: dict[str, list[FlippedItem]]


def compare_runs(names: Sequence[str], page: Path = PAGE) -> Comparison:
    """Compare experiments with the first of `names` (one alone: with the workspace), print the table and write the page.

    Raises:
        UserError: one name twice, one that cannot be found, or runs that answered other questions.
    """
    names = [WORKSPACE, *names] if len(names) == 1 else list(names)
    if len(set(names)) != len(names):
        raise UserError(
            "compare needs two or more different experiments, commits, folders, or `workspace`"
        )
    runs = [
        dataclasses.replace(load_run(name), name=short)
        for name, short in zip(names, short_names(names), strict=True)
    ]
    comparison = Comparison(
        names=[run.name for run in runs],
        scores=[run.score for run in runs],
        differences=score_differences(runs),
        params=param_differences(runs),
        data=[found for run in runs[1:] if (found := data_difference(runs[0], run))],
        costs=cost_differences(runs),
        ratios=[row for run in runs if (row := ratios_of(run))],
        variation=variation(runs[0].items, str(runs[0].score["mmbench_protocol"])),
        flipped={
            run.name: flipped_items(
                runs[0].items, run.items, str(runs[0].score["mmbench_protocol"])
            )
            for run in runs[1:]
        },
    )
    write_page(comparison, page)
    print(comparison_table(comparison))
    print(f"page: {page}")
    return comparison


def short_names(names: Sequence[str]) -> list[str]:
    """Return what the table and the page call the runs: a folder without `results/`, unless two would have one name."""
    short = [name.rstrip("/").removeprefix(f"{PAGE.parent}/") for name in names]
    return short if len(set(short)) == len(names) else list(names)


def ratios_of(run: Run) -> RatioRow | None:
    """Return a run's ratios to the baseline that its settings name; None without one of its headline protocol."""
    path = ((run.params or {}).get("score") or {}).get("baseline")
    if not path or not Path(path).is_file():
        return None
    baseline = read_baseline(Path(path))
    return (
        own_row(run.name, run.score, baseline)
        if baseline.mmbench_protocol == run.score["mmbench_protocol"]
        else None
    )


def score_differences(runs: Sequence[Run]) -> list[ScoreDifference]:
    """Return each other run's differences from the first: MMBench's headline protocol, likelihood less the prior, TextVQA."""
    headline = str(runs[0].score["mmbench_protocol"])
    kinds = [("mmbench", headline), ("textvqa", TEXT_PROTOCOL)]
    if headline == "likelihood":
        kinds.insert(1, ("mmbench", "likelihood_minus_prior"))
    rows: list[tuple[Run, str, str, PairedTest, np.ndarray, np.ndarray]] = []
    for run in runs[1:]:
        for benchmark, protocol in kinds:
            first, second = paired_scores(runs[0], run, benchmark, protocol)
            rows.append((run, benchmark, protocol, paired_bootstrap(first, second), first, second))
    adjusted = holm([test.p for _, _, _, test, _, _ in rows])
    return [_difference(*row, adjusted_p) for row, adjusted_p in zip(rows, adjusted, strict=True)]


def _difference(
    run: Run,
    benchmark: str,
    protocol: str,
    test: PairedTest,
    first: np.ndarray,
    second: np.ndarray,
    adjusted_p: float,
) -> ScoreDifference:
    counts: tuple[int | None, int | None, int | None] = (None, None, None)
    if np.isin(first, (0, 1)).all() and np.isin(second, (0, 1)).all():
        tests = [mcnemar(a == 1, b == 1) for a, b in zip(first, second, strict=True)]
        counts = (
            sum(t[0] for t in tests),
            sum(t[1] for t in tests),
            sum(t[2] < 0.05 for t in tests),
        )
    points = [
        100 * value for value in (first.mean(), second.mean(), test.difference, test.low, test.high)
    ]
    return ScoreDifference(
        benchmark, protocol, run.name, *map(float, points), test.p, adjusted_p, len(first), *counts
    )


def paired_scores(
    first: Run, second: Run, benchmark: str, protocol: str
) -> tuple[np.ndarray, np.ndarray]:
    """Return both runs' scores `[seeds, items]` for the seeds that both have.

    Raises:
        UserError: other questions, or no seed in common.
    """
    seeds = sorted(set(first.items["seed"].to_pylist()) & set(second.items["seed"].to_pylist()))
    if not seeds:
        raise UserError(
            f"{first.name} and {second.name} have no training seed in common; run both with the same seeds"
        )
    matrices = []
    for run in (first, second):
        keep = np.isin(run.items["seed"].to_numpy(), seeds)
        matrices.append(score_matrix(run.items.filter(keep), benchmark, protocol))
    if matrices[0][1] != matrices[1][1]:
        raise UserError(
            f"{first.name} and {second.name} answered other {benchmark} questions; a paired test needs the same benchmark"
        )
    return matrices[0][0], matrices[1][0]


def comparison_table(comparison: Comparison) -> str:
    """Return what is printed: scores of each run, differences with intervals and p, data and settings that differ."""
    width = max(len(name) for name in comparison.names) + 2
    lines = [f"{'':{width}}{'MMBench':>24}{'TextVQA':>24}   samples"]
    for name, score in zip(comparison.names, comparison.scores, strict=True):
        cells = [
            f"{score[b]:.2f} ({score[f'{b}_low']:.2f}-{score[f'{b}_high']:.2f})"
            for b in ("mmbench", "textvqa")
        ]
        lines.append(f"{name:{width}}{cells[0]:>24}{cells[1]:>24}   {score['samples']:,}")
    lines += [
        "",
        f"differences from {comparison.names[0]} in points; 95 % interval; p paired over items and seeds, Holm over this table",
    ]
    for row in comparison.differences:
        label = f"{row.benchmark} {row.protocol.replace('_', ' ')}"
        bounds = f"{row.low:+.2f} to {row.high:+.2f}"
        lines.append(
            f"{row.other:{width}}{label:34}{row.difference:+7.2f}   {bounds:18} p {row.p:.4f}   Holm {row.adjusted_p:.4f}"
        )
    lines += [f"{row.label}: {row.sentence}" for row in comparison.variation]
    lines += [f"{data.other:{width}}data: {data_sentence(data)}" for data in comparison.data]
    lines += [cost_sentence(cost) for cost in comparison.costs]
    lines += [f"settings that differ: {len(comparison.params)}"]
    lines += [
        f"  {path}: {' | '.join(map(str, values))}" for path, values in comparison.params.items()
    ]
    return "\n".join(lines)


def write_page(comparison: Comparison, page: Path) -> None:
    """Write the comparison as one page that is complete in itself."""
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True
    )
    folder = files("bettersynth.experiments.report")
    template = environment.from_string(folder.joinpath("compare.html").read_text(encoding="utf-8"))
    extent = max([1.0, *(abs(v) for row in comparison.differences for v in (row.low, row.high))])
    parts = {
        name: Markup(folder.joinpath(name).read_text(encoding="utf-8"))
        for name in ("style.css", "sort.js")
    }
    text = template.render(
        comparison=comparison,
        extent=extent,
        published=ratio_table(comparison.ratios),
        style=parts["style.css"],
        script=parts["sort.js"],
    )
    with complete_or_absent(page) as temporary:
        temporary.write_text(text, encoding="utf-8")
