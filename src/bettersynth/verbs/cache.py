"""Show, check or empty the cache of scores; safe while jobs are running.

Examples:
    bettersynth cache
    bettersynth cache verify
    bettersynth cache drop image_text_similarity_filter
    bettersynth cache drop --old

size: what is in it. verify: is every file sound. drop: empty columns; what is measured next is
scored anew. `old` are scores of an older version or older code: they are served to nobody, and stay
until `drop --old`. The cache is .cache/scores, or BETTERSYNTH_CACHE.
"""

from __future__ import annotations

import argparse

from bettersynth.verbs.documented_parser import Verbs, add_documented_parser


def add(verbs: Verbs) -> None:
    """Add `bettersynth cache` with its arguments."""
    summary = "size, check or empty the cache of scores"
    verb = add_documented_parser(verbs, "cache", summary, __doc__)
    verb.add_argument("what", nargs="?", choices=["size", "verify", "drop"], default="size")
    verb.add_argument("operators", nargs="*", metavar="OPERATOR", help="only these")
    verb.add_argument("--all", action="store_true", help="drop every score")
    verb.add_argument(
        "--old", action="store_true", help="drop what no present operator version or code reads"
    )
    verb.add_argument(
        "--damaged", action="store_true", help="remove files that `verify` finds fault with"
    )
    verb.set_defaults(action=run)


def run(arguments: argparse.Namespace) -> None:
    """Do what the arguments ask for."""
    from bettersynth.recipes import cached_scores

    if arguments.what == "size":
        cached_scores.print_sizes(arguments.operators)
    elif arguments.what == "verify":
        cached_scores.verify(arguments.operators)
    else:
        cached_scores.drop(arguments.operators, arguments.all, arguments.old, arguments.damaged)
