"""Look at all pairs of an experiment on a page of this machine, and move the recipe's bounds.

Examples:
    bettersynth browse
    bettersynth browse similarity --with random_same_size
    bettersynth browse --port 8000 --no-open
    bettersynth browse --recipe recipe.yaml
    bettersynth browse --export page

A moved bound shows at once what every line would leave, the pairs on either side of it, and the
command that runs the experiment. Nothing is measured again, and nothing is asked off this machine.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from bettersynth.errors import UserError
from bettersynth.verbs.documented_parser import Verbs, add_documented_parser


def add(verbs: Verbs) -> None:
    """Add `bettersynth browse` with its arguments."""
    summary = "look at all pairs, move the recipe's bounds and see what is left"
    verb = add_documented_parser(verbs, "browse", summary, __doc__)
    verb.add_argument(
        "name",
        nargs="?",
        default="workspace",
        metavar="EXPERIMENT",
        help="a DVC experiment, commit or folder; default: workspace",
    )
    verb.add_argument(
        "--with",
        dest="other",
        metavar="OTHER",
        help="another experiment: what this one adds, removes, recaptions against it",
    )
    verb.add_argument(
        "--recipe",
        type=Path,
        help="instead of an experiment: what this recipe's filters measure of its data set",
    )
    verb.add_argument("--port", type=int, default=0, help="default: any free one")
    verb.add_argument("--no-open", action="store_true", help="open no browser, print the address")
    verb.add_argument("--person", default="", help="whose marks are set; default: git's user.name")
    verb.add_argument(
        "--export",
        type=Path,
        metavar="FOLDER",
        help="serve nothing; write a sample of it as static files to share",
    )
    verb.set_defaults(action=run)


def run(arguments: argparse.Namespace) -> None:
    """Do what the arguments ask for.

    Raises:
        UserError: `--recipe` comes with an experiment.
    """
    from bettersynth.experiments.browse.difference import difference_columns
    from bettersynth.experiments.browse.export import export_page
    from bettersynth.experiments.browse.looks import Looks
    from bettersynth.experiments.browse.marks import Marks, person
    from bettersynth.experiments.browse.pairs import read_pairs
    from bettersynth.experiments.browse.run_pairs import read_run_pairs
    from bettersynth.experiments.browse.server import serve
    from bettersynth.experiments.history.compared_runs import WORKSPACE

    if arguments.recipe and (arguments.other or arguments.name != WORKSPACE):
        raise UserError("--recipe looks at a recipe's data set; leave EXPERIMENT and --with out")
    pairs = read_run_pairs(arguments.recipe) if arguments.recipe else read_pairs(arguments.name)
    if arguments.other:
        pairs.columns.update(difference_columns(pairs, arguments.other))
    looks = Looks(pairs, Marks(person(arguments.person)))
    if arguments.export:
        print(export_page(looks, arguments.export))
        return
    serve(looks, arguments.port, not arguments.no_open)
