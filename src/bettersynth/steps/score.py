"""Turn the kept answers of all seeds into scores with intervals, by every protocol.

Run alone: `python -m bettersynth.steps.score`. Reads `results/predictions/`, `data/benchmark/` and
the mix's card; writes `results/score.json` (docs/scores.md says what each number is) and
`results/items.parquet` (one row a seed and item), and prints a table at the end. `--show` prints
that of the last run, `--show NAME` that of `results/NAME`, and writes nothing.
"""

from __future__ import annotations

import sys
from pathlib import Path

from bettersynth.data.tables.benchmark import read_baselines
from bettersynth.data.tables.items import ITEMS, read_items, write_items
from bettersynth.data.tables.mix import read_mix_card
from bettersynth.data.tables.report import REPORT
from bettersynth.data.tables.score import SCORE, read_score, write_score
from bettersynth.evaluation.scoring.baseline_scores import baseline_for, baseline_of
from bettersynth.evaluation.scoring.headline import make_score
from bettersynth.evaluation.scoring.run_items import scored_items
from bettersynth.evaluation.scoring.score_table import score_table
from bettersynth.experiments.workflow.run_step import run_step
from bettersynth.settings.reading import load_params, read_settings
from bettersynth.settings.score import ScoreSettings
from bettersynth.settings.seeds import read_seeds


def main() -> None:
    """Run the stage `score` on params.yaml."""
    shown = sys.argv[1:2] == ["--show"]
    experiment = sys.argv[2:] if shown else []
    folder = SCORE.parent.joinpath(*experiment)
    # An experiment's own settings lie beside its scores
    params = load_params(folder / "params.yaml" if experiment else "params.yaml")
    settings = read_settings(ScoreSettings, params.get("score"), "params.yaml: score")
    seeds = read_seeds(params.get("seeds"))
    # what it names is read first: a baseline that is no baseline ends the stage at once
    named = baseline_of(settings)
    levels = None
    if shown:
        score = read_score(folder / SCORE.name)
        items = read_items(folder / ITEMS.name)
        baseline = baseline_for(settings, items)
    else:
        items = scored_items(seeds, settings.extraction, settings.textvqa_protocol)
        levels = read_baselines()
        samples = read_mix_card()["counts"]["samples"]
        baseline = baseline_for(settings, items)
        score = make_score(items, settings, baseline, levels, samples)
        write_items(items)
        write_score(score)
    print(score_table(score, baseline, items, levels))
    if named and not baseline:
        print(f"no total: the baseline ({named.source}) answered other questions")
    print(_word_of_report(folder, shown))


def _word_of_report(folder: Path, shown: bool) -> str:
    """Return where the report of `folder` is; where scores of before are shown, whether it is of
    them.
    """
    report, score = folder / REPORT.name, folder / SCORE.name
    word = f"report: {report} (`snakemake {report}`)"
    # the target results/score.json makes none, so that another run's may lie there
    if shown and report.exists() and report.stat().st_mtime < score.stat().st_mtime:
        return f"{word} is older than these scores"
    return word


if __name__ == "__main__":
    run_step(main)
