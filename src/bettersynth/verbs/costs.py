"""Show wall, CPU and GPU seconds, samples, tokens and peak memory of each step, as measured in this
clone when it ran.

Example:
    bettersynth costs results/similarity

Steps that ran elsewhere, or before `.cache/costs` was deleted, show no numbers.
"""

from __future__ import annotations

import argparse

from bettersynth.verbs.documented_parser import Verbs, add_documented_parser


def add(verbs: Verbs) -> None:
    """Add `bettersynth costs` with its arguments."""
    summary = "what each step of an experiment took: seconds, samples, tokens, memory"
    verb = add_documented_parser(verbs, "costs", summary, __doc__)
    verb.add_argument(
        "name",
        nargs="?",
        default="workspace",
        help="a DVC experiment, a commit, a folder, or `workspace` (default)",
    )
    verb.set_defaults(action=run)


def run(arguments: argparse.Namespace) -> None:
    """Do what the arguments ask for."""
    from bettersynth.experiments.history.compared_runs import read_lock
    from bettersynth.experiments.history.costs import cost_table, stage_costs

    print(cost_table(stage_costs(read_lock(arguments.name))))
