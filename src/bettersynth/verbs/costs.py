"""Show wall, CPU and GPU seconds, samples, tokens and peak memory of each step, as measured in this
clone when it ran.

Example:
    bettersynth costs results/similarity
    bettersynth costs kept.jsonl

The second shows what the last `bettersynth run` in this project took that wrote the file. Where a
model was asked, a last line says for what share of its time it waited for pictures.

A step that is out of date is marked: its numbers are an earlier run's. Steps that ran elsewhere, or
before `.cache/costs` was deleted, show no numbers.
"""

from __future__ import annotations

import argparse
import contextlib
from pathlib import Path

from bettersynth.errors import UserError
from bettersynth.verbs.documented_parser import Verbs, add_documented_parser


def add(verbs: Verbs) -> None:
    """Add `bettersynth costs` with its arguments."""
    summary = "what each step of an experiment took: seconds, samples, tokens, memory"
    verb = add_documented_parser(verbs, "costs", summary, __doc__)
    verb.add_argument(
        "name",
        nargs="?",
        default="workspace",
        help="a DVC experiment, a commit, a folder, an export of `bettersynth run`, or `workspace` "
        "(default)",
    )
    verb.set_defaults(action=run)


def run(arguments: argparse.Namespace) -> None:
    """Do what the arguments ask for."""
    from bettersynth.experiments.history.compared_runs import WORKSPACE, read_lock
    from bettersynth.experiments.history.costs import cost_table, stage_costs
    from bettersynth.experiments.history.run_costs import RUN, run_record, waiting_in_words
    from bettersynth.experiments.workflow.dvc_stages import load_stages

    of_run = run_record(Path(arguments.name))
    if of_run is not None:
        records = {RUN: of_run}
    else:
        records = stage_costs(read_lock(arguments.name))
    out_of_date: set[str] = set()
    if arguments.name == WORKSPACE:
        # dvc.lock keeps what a stage last did, whatever the settings are now
        with contextlib.suppress(UserError):
            out_of_date = {stage.name for stage in load_stages() if stage.stale}
    print(cost_table(records, out_of_date))
    if waiting := waiting_in_words(records):
        print(waiting)
    if out_of_date & records.keys():
        print("of an earlier run: settings, code or files are others now (`dvc status` names them)")
