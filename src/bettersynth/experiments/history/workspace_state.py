"""`bettersynth status`: what the workspace holds, what is out of date and why, which experiments
there are, what they took, and what to type next.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bettersynth.data.pool.card import CARD as POOL_CARD
from bettersynth.data.pool.card import read_card
from bettersynth.data.tables.decisions import FILTER_CARD, read_filter_card
from bettersynth.data.tables.mix import MIX_CARD, TRAIN, read_mix_card
from bettersynth.data.tables.score import SCORE
from bettersynth.experiments.history.compared_runs import WORKSPACE, score_in
from bettersynth.experiments.history.costs import add_up
from bettersynth.experiments.history.known_runs import KnownRun, known_runs
from bettersynth.experiments.history.leaderboard import BENCHMARKS, bounds_words, cost_words
from bettersynth.experiments.workflow.dvc_stages import Stage
from bettersynth.experiments.workflow.stale_reasons import StaleStage, stale_stages
from bettersynth.settings.regular_files import is_there

# reasons that are named one by one
MOST_REASONS = 8


def status_text() -> str:
    """Return what is printed.

    Raises:
        UserError: as `stale_stages`.
    """
    stages, stale = stale_stages()
    runs = known_runs()
    lines = ["here", *held_lines(), "", *stale_lines(stages, stale), ""]
    lines += experiment_lines(runs)
    lines += ["", f"next: {next_command(stages, stale, runs)}"]
    return "\n".join(lines)


def held_lines() -> list[str]:
    """Return a line for each thing that stages left in the workspace."""
    lines = []
    if is_there(FILTER_CARD):
        card = read_filter_card()
        kept = list(card["surviving"].values())
        lines.append(f"  pool          {card['pool']:,} pairs")
        if kept:
            lines.append(f"  recipe keeps  {kept[-1]:,}")
    elif is_there(POOL_CARD):
        sizes = read_card()["samples"].get("pool", {})
        lines.append(f"  pool          {sum(sizes.values()):,} pairs")
    if is_there(MIX_CARD):
        counts = read_mix_card()["counts"]
        lines.append(
            f"  training set  {counts['samples']:,} pairs, {counts['exchanged']:,} of them with a "
            f"new caption; {counts['visits']:,} visits"
        )
    trained = [folder for folder in Path("models/finetune").glob("*") if folder.is_dir()]
    if trained:
        lines.append(f"  models        {len(trained)} trained")
    if is_there(SCORE):
        score = score_in(Path(SCORE).read_bytes(), str(SCORE))
        for name, label in BENCHMARKS.items():
            lines.append(f"  {label:14}{score[name]:.2f} {bounds_words(score, name)}")
    return lines or ["  nothing yet"]


def stale_lines(stages: Sequence[Stage], stale: Sequence[StaleStage]) -> list[str]:
    """Return how many stages are up to date, and why the others are not, a line a reason."""
    fresh = len(stages) - len(stale)
    lines = [f"stages: {fresh} of {len(stages)} are up to date"]
    # of a step's stages, which differ in seed or stat, the first reason
    first: dict[str, str] = {}
    for stage in stale:
        step = stage.name.partition("@")[0]
        first[step] = first.get(step) or stage.reason
    steps: dict[str, list[str]] = {}
    for step, reason in first.items():
        steps.setdefault(reason, []).append(step)
    behind = steps.pop("", [])
    for reason, names in list(steps.items())[:MOST_REASONS]:
        lines.append(f"  {', '.join(names)}: {reason}")
    if len(steps) > MOST_REASONS:
        lines.append(f"  and {len(steps) - MOST_REASONS} more reasons (`dvc status` names them)")
    if behind:
        lines.append(f"  then: {', '.join(behind)}")
    return lines


def experiment_lines(runs: Sequence[KnownRun]) -> list[str]:
    """Return a line for each experiment with scores, the newest first."""
    lines = [f"experiments with scores: {len(runs)}"]
    for run in sorted(runs, key=lambda run: run.date, reverse=True):
        cost = cost_words(add_up(list(run.experiment.costs.values())))
        scores = ", ".join(f"{label} {run.score[name]:.2f}" for name, label in BENCHMARKS.items())
        also = f" (also {', '.join(run.also)})" if run.also else ""
        lines.append(f"  {run.date[:10]}  {run.name}{also}: {scores}; {cost} CPU minutes")
    return lines


def next_command(
    stages: Sequence[Stage], stale: Sequence[StaleStage], runs: Sequence[KnownRun]
) -> str:
    """Return the command that brings one on, and what it does."""
    if len(stale) == len(stages):
        return "make score    (data, training, scores, report)"
    if stale:
        stops_at_mix = "mix" not in {stage.name for stage in stale} and is_there(TRAIN)
        also = "; the training set is ready: `bettersynth export FOLDER`" if stops_at_mix else ""
        return f"snakemake --cores all {SCORE}    ({len(stale)} stages{also})"
    names = {run.name for run in runs if WORKSPACE in (run.name, *run.also)}
    if names == {WORKSPACE}:
        return (
            "git add -A && git commit -m default && dvc exp run --name default    "
            "(keeps these results under a name)"
        )
    return "bettersynth browse    (look at the pairs, move a bound, copy its command)"
