"""Say before a run what each stage will take: samples, seconds, megabytes, and what is known
already; behind a run, how far off that was.

Example:
    bettersynth estimate unfiltered

Rates are those of this clone's records (`bettersynth costs`), or of the default run on another
machine where there are none yet. Wall seconds are those of one stage after the other. Stages that
DVC brings back from other experiments cost nothing, which is not foreseen.
"""

from __future__ import annotations

import argparse

from bettersynth.verbs.documented_parser import Verbs, add_documented_parser


def add(verbs: Verbs) -> None:
    """Add `bettersynth estimate` with its arguments."""
    summary = "what a run will take, before it runs"
    verb = add_documented_parser(verbs, "estimate", summary, __doc__)
    verb.add_argument(
        "experiment",
        nargs="?",
        help="NAME of conf/experiment/NAME.yaml; default: what params.yaml says",
    )
    verb.add_argument(
        "--anew", action="store_true", help="count every stage, as if nothing were there yet"
    )
    verb.set_defaults(action=run)


def run(arguments: argparse.Namespace) -> None:
    """Do what the arguments ask for."""
    from bettersynth.experiments.history.estimates import described, estimate

    print(described(estimate(arguments.experiment, arguments.anew)))
