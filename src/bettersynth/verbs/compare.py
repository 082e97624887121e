"""Say which experiment is better, and whether the difference is more than chance.

Example:
    bettersynth compare results/unfiltered results/similarity

Differences are to the first experiment, with intervals and p-values over the same seeds and items;
settings and data that differ are listed too. A name is a DVC experiment, a commit, a folder such as
results/similarity (or a file in it), or `workspace`.

Experiments with one seed are compared as two trained models, which says nothing of other trainings;
--seed-spread borrows how the seeds of another experiment differ.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from bettersynth.verbs.documented_parser import Verbs, add_documented_parser


def add(verbs: Verbs) -> None:
    """Add `bettersynth compare` with its arguments."""
    summary = "which of two or more experiments is better, and is the difference real"
    verb = add_documented_parser(verbs, "compare", summary, __doc__)
    verb.add_argument(
        "names",
        nargs="+",
        metavar="NAME",
        help="the first is what the others are compared with; "
        "one alone is compared with `workspace`",
    )
    verb.add_argument(
        "--page",
        type=Path,
        default=Path("results/compare.html"),
        help="default: results/compare.html",
    )
    verb.add_argument(
        "--seed-spread",
        metavar="EXPERIMENT",
        default=None,
        help="where one seed ran, borrow how this experiment's seeds differ",
    )
    verb.set_defaults(action=run)


def run(arguments: argparse.Namespace) -> None:
    """Do what the arguments ask for."""
    from bettersynth.data.files.overwriting import refuse_overwriting
    from bettersynth.experiments.history.compare import compare_runs

    refuse_overwriting({"--page": arguments.page}, [])
    compare_runs(arguments.names, arguments.page, arguments.seed_spread)
