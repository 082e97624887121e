"""Write the report of what lies here, with when it was made, from which code and at what cost.

Examples:
    bettersynth report
    bettersynth report --page mine.html

`results/report.html`, which the pipeline writes, is the same for the same inputs, and can't say
this. A run that stopped at `mix` has a page too, without scores.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from bettersynth.verbs.documented_parser import Verbs, add_documented_parser


def add(verbs: Verbs) -> None:
    """Add `bettersynth report` with its argument."""
    summary = "one page on what lies here: when, code and cost, data, scores where it has them"
    verb = add_documented_parser(verbs, "report", summary, __doc__)
    verb.add_argument(
        "--page",
        type=Path,
        default=Path("results/recorded.html"),
        help="default: results/recorded.html",
    )
    verb.set_defaults(action=run)


def run(arguments: argparse.Namespace) -> None:
    """Do what the arguments ask for."""
    from bettersynth.data.files.overwriting import refuse_overwriting
    from bettersynth.experiments.report.recorded_run import write_recorded_report

    refuse_overwriting({"--page": arguments.page}, [])
    scored = write_recorded_report(arguments.page)
    without = "" if scored else ", without scores: `bettersynth status` says which stages must run"
    print(f"page: {arguments.page}{without}")
