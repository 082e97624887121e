"""List all experiments of this repository, past commits too, with both scores, the best first.

Examples:
    bettersynth leaderboard
    bettersynth leaderboard --against random_same_size

Each has what differs from the default, samples, cost and date, and its difference from one of them
with interval and p (Holm over the table). The page draws scores against samples and thresholds,
with the random controls as a second line.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from bettersynth.verbs.documented_parser import Verbs, add_documented_parser


def add(verbs: Verbs) -> None:
    """Add `bettersynth leaderboard` with its arguments."""
    summary = "all experiments with scores, the best first"
    verb = add_documented_parser(verbs, "leaderboard", summary, __doc__)
    verb.add_argument(
        "--against",
        metavar="NAME",
        help="what the others are compared with; default: workspace, or else the newest",
    )
    verb.add_argument(
        "--page",
        type=Path,
        default=Path("results/leaderboard.html"),
        help="default: results/leaderboard.html",
    )
    verb.set_defaults(action=run)


def run(arguments: argparse.Namespace) -> None:
    """Do what the arguments ask for."""
    from bettersynth.data.files.overwriting import refuse_overwriting
    from bettersynth.experiments.history.leaderboard import board_table, leaderboard
    from bettersynth.experiments.report.leaderboard_page import write_leaderboard

    refuse_overwriting({"--page": arguments.page}, [])
    board = leaderboard(arguments.against)
    write_leaderboard(board, arguments.page)
    print(board_table(board))
    print(f"page: {arguments.page}")
