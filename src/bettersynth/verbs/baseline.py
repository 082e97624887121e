"""Store the scores of an experiment as the baseline that ratios and the total are taken to.

Example:
    bettersynth baseline results/score.json conf/score/baseline_nano.json "unfiltered, 5 seeds"

score.baseline names the file; without one (null) there are no ratios.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from bettersynth.verbs.documented_parser import Verbs, add_documented_parser


def add(verbs: Verbs) -> None:
    """Add `bettersynth baseline` with its arguments."""
    summary = "store an experiment's scores as the baseline of ratios"
    verb = add_documented_parser(verbs, "baseline", summary, __doc__)
    verb.add_argument("score", type=Path, help="its score.json")
    verb.add_argument("baseline", type=Path, help="the file to write")
    verb.add_argument("source", help="where the scores come from, in words")
    verb.set_defaults(action=run)


def run(arguments: argparse.Namespace) -> None:
    """Do what the arguments ask for."""
    from bettersynth.evaluation.scoring.baseline_scores import store_baseline

    store_baseline(arguments.score, arguments.baseline, arguments.source)
