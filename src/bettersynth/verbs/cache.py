"""Show, check, share or empty the cache of scores; safe while jobs are running.

Examples:
    bettersynth cache
    bettersynth cache verify
    bettersynth cache drop image_text_similarity_filter
    bettersynth cache drop --old
    bettersynth cache push s3://team/scores
    bettersynth cache pull /mnt/team/scores image_text_similarity_filter

size: what is in it; `predict` are answers of trained models. verify: is every file sound. drop:
empty columns; what is measured next is scored anew. push: add to a folder or an address of fsspec
(s3://...) what it lacks. pull: add to the cache what is there. Neither changes a score. `old` are
scores of an older version or older code: they are served to nobody, and stay until `drop --old`.
The cache is .cache/scores; the environment variable BETTERSYNTH_CACHE names a folder in the
place of .cache, with all that is in it.
"""

from __future__ import annotations

import argparse

from bettersynth.errors import UserError
from bettersynth.verbs.documented_parser import Verbs, add_documented_parser


def add(verbs: Verbs) -> None:
    """Add `bettersynth cache` with its arguments."""
    summary = "size, check, share or empty the cache of scores"
    verb = add_documented_parser(verbs, "cache", summary, __doc__)
    choices = ["size", "verify", "drop", "push", "pull"]
    verb.add_argument("what", nargs="?", choices=choices, default="size")
    verb.add_argument(
        "operators",
        nargs="*",
        metavar="OPERATOR",
        help="only these; after push and pull the ADDRESS stands before them",
    )
    verb.add_argument("--all", action="store_true", help="drop every score")
    verb.add_argument(
        "--old", action="store_true", help="drop what no present operator version or code reads"
    )
    verb.add_argument(
        "--damaged", action="store_true", help="remove files that `verify` finds fault with"
    )
    verb.set_defaults(action=run)


def run(arguments: argparse.Namespace) -> None:
    """Do what the arguments ask for.

    Raises:
        UserError: `push` or `pull` has no address.
    """
    from bettersynth.recipes import cached_scores, shared_scores

    if arguments.what == "size":
        cached_scores.print_sizes(arguments.operators)
    elif arguments.what == "verify":
        cached_scores.verify(arguments.operators)
    elif arguments.what in ("push", "pull"):
        if not arguments.operators:
            raise UserError(
                f"cache {arguments.what} needs an address: a folder, or one such as "
                "s3://BUCKET/FOLDER"
            )
        address, *operators = arguments.operators
        share = shared_scores.push if arguments.what == "push" else shared_scores.pull
        share(address, operators)
    else:
        cached_scores.drop(arguments.operators, arguments.all, arguments.old, arguments.damaged)
