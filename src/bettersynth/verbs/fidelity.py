"""Measure trained stages 1 cheaply, and say which measure ranks recipes as their scores do.

Examples:
    bettersynth fidelity models/pretrain/0
    bettersynth fidelity first first-3000 second second-3000 ... --page results/fidelity/report.html

A name is a folder of stage 1, a DVC experiment, a commit, a folder of results, or `workspace`.
Experiments whose settings differ in nothing but seeds and visits are one recipe: the one with
scores is what its cheaper runs are to tell. From five scored recipes on it prints, by visits and
measure, how many pairs of recipes stand in the same order, Spearman's coefficient, and CPU seconds.
Pairs whose difference in MMBench lies within its interval are ties, and not asked about.

It costs forward passes alone, about ten CPU seconds a model of nano, and never twice.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from bettersynth.verbs.documented_parser import Verbs, add_documented_parser


def add(verbs: Verbs) -> None:
    """Add `bettersynth fidelity` with its arguments."""
    summary = "which cheap measure of stage 1 ranks recipes as the full score does"
    verb = add_documented_parser(verbs, "fidelity", summary, __doc__)
    verb.add_argument("names", nargs="+", metavar="NAME", help="folders of stage 1, or experiments")
    verb.add_argument(
        "--seed", type=int, default=0, metavar="SEED", help="of stage 1, in experiments; default: 0"
    )
    verb.add_argument(
        "--page",
        type=Path,
        default=Path("results/fidelity/report.html"),
        help="default: results/fidelity/report.html",
    )
    verb.add_argument(
        "--seed-spread",
        metavar="EXPERIMENT",
        default=None,
        help="where scores have one seed, borrow how this experiment's seeds differ",
    )
    verb.set_defaults(action=run)


def run(arguments: argparse.Namespace) -> None:
    """Do what the arguments ask for."""
    from bettersynth.data.files.overwriting import refuse_overwriting
    from bettersynth.experiments.studies.fidelity_command import compare_measures

    refuse_overwriting({"--page": arguments.page}, [])
    compare_measures(arguments.names, arguments.seed, arguments.page, arguments.seed_spread)
