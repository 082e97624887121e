"""Plant known faults in a copy of good samples and report each operator's ROC AUC, precision,
recall and CPU time.

Example:
    bettersynth audit conf/audit/nano.yaml --samples 100

The faults: swapped captions, gibberish, blur, watermark text, upside down, JPEG artefacts, borders,
near one colour, odd size, near-duplicates.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from bettersynth.verbs.documented_parser import Verbs, add_documented_parser


def add(verbs: Verbs) -> None:
    """Add `bettersynth audit` with its arguments."""
    summary = "which operator finds which fault, and at what cost"
    verb = add_documented_parser(verbs, "audit", summary, __doc__)
    verb.add_argument(
        "recipe",
        nargs="?",
        type=Path,
        default=Path("conf/audit/nano.yaml"),
        help="default: conf/audit/nano.yaml",
    )
    verb.add_argument(
        "--samples",
        type=int,
        default=200,
        help="good ones, and as many with each fault; default 200",
    )
    verb.add_argument("--seed", type=int, default=0)
    verb.add_argument(
        "--output", type=Path, default=Path("results/audit"), help="folder; default results/audit"
    )
    verb.set_defaults(action=run)


def run(arguments: argparse.Namespace) -> None:
    """Do what the arguments ask for."""
    from bettersynth.experiments.report.audit_folder import audit_to

    audit_to(arguments.recipe, arguments.samples, arguments.seed, arguments.output)
