"""Tell a sample's whole history, or where a number of results/score.json comes from and whether it
still verifies.

Examples:
    bettersynth explain fluent-1f303
    bettersynth explain --score mmbench

A sample: each value, bound and decision, the captions tried, its final weight.
A number: recipe, data, code commit, seeds, models and machine behind it, and a check of all of it
against dvc.lock and the files.
"""

from __future__ import annotations

import argparse

from bettersynth.errors import UserError
from bettersynth.verbs.documented_parser import Verbs, add_documented_parser


def add(verbs: Verbs) -> None:
    """Add `bettersynth explain` with its arguments."""
    summary = (
        "a sample's whole history in an experiment, or (--score) where a number comes from "
        "and whether it still verifies"
    )
    verb = add_documented_parser(verbs, "explain", summary, __doc__)
    verb.add_argument("id", nargs="?", help="a sample's id, as in data/mix/decisions.parquet")
    verb.add_argument(
        "name",
        nargs="?",
        default="workspace",
        metavar="EXPERIMENT",
        help="a DVC experiment, commit or folder; default: workspace",
    )
    verb.add_argument(
        "--score",
        nargs="?",
        const="",
        metavar="NUMBER",
        help="a key of results/score.json; none: the headline numbers",
    )
    verb.add_argument(
        "--of",
        default="workspace",
        metavar="NAME",
        help="with --score: a DVC experiment or commit; default: workspace",
    )
    verb.set_defaults(action=run)


def run(arguments: argparse.Namespace) -> None:
    """Print the history of the sample or of the number.

    Raises:
        UserError: both were named, or neither.
    """
    if (arguments.id is None) == (arguments.score is None):
        raise UserError(
            "explain needs a sample's id, or --score with or without a number's name "
            "(its numbers: results/score.json)"
        )
    if arguments.id is not None:
        from bettersynth.experiments.history.explain import explain

        print(explain(arguments.id, arguments.name))
    else:
        from bettersynth.experiments.history.provenance import explain_score

        print(explain_score(arguments.score, arguments.of))
