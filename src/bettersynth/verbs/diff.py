"""Show how two experiments differ in training data, settings and cost.

Example:
    bettersynth diff results/similarity workspace --examples 3

It lists samples added, removed, recaptioned and reweighted, with examples; settings that differ;
what each took. A name is a DVC experiment, a commit, a folder such as results/similarity, or
`workspace`. Scores: `bettersynth compare`.
"""

from __future__ import annotations

import argparse

from bettersynth.verbs.documented_parser import Verbs, add_documented_parser


def add(verbs: Verbs) -> None:
    """Add `bettersynth diff` with its arguments."""
    summary = "how two experiments differ in training data, settings and cost"
    verb = add_documented_parser(verbs, "diff", summary, __doc__)
    verb.add_argument("first")
    verb.add_argument("second")
    verb.add_argument(
        "--examples", type=int, default=6, help="of each kind, drawn evenly; default: 6"
    )
    verb.set_defaults(action=run)


def run(arguments: argparse.Namespace) -> None:
    """Do what the arguments ask for."""
    from bettersynth.experiments.history.diff import diff

    print(diff(arguments.first, arguments.second, arguments.examples))
