"""Look for the benchmarks' pictures, questions and answers in the training data of this folder.

Example:
    bettersynth contamination

Pictures count as the same by their bytes, or as copies: resized, recompressed, or cropped to 70 %
of a side or more. A question counts where it is asked of one picture alone. `findings.parquet`
lists all; the stage of the same name drops or refuses them by params.yaml: contamination.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from bettersynth.verbs.documented_parser import Verbs, add_documented_parser


def add(verbs: Verbs) -> None:
    """Add `bettersynth contamination` with its arguments."""
    summary = "which training samples hold a benchmark's pictures, questions or answers"
    verb = add_documented_parser(verbs, "contamination", summary, __doc__)
    verb.add_argument(
        "--output",
        type=Path,
        default=Path("results/contamination"),
        help="folder; default results/contamination",
    )
    verb.set_defaults(action=run)


def run(arguments: argparse.Namespace) -> None:
    """Do what the arguments ask for."""
    from bettersynth.data.tables.benchmark import ANNOTATIONS, MMBENCH, TEXT_QUESTIONS
    from bettersynth.data.tables.contamination import require_own_folder
    from bettersynth.evaluation.contamination.searching import described, search_training_data
    from bettersynth.experiments.workflow.recorded_sizes import warn_of_other_sizes
    from bettersynth.settings.contamination import ContaminationSettings

    require_own_folder(arguments.output)
    warn_of_other_sizes([MMBENCH, TEXT_QUESTIONS, ANNOTATIONS])
    looked_for = ContaminationSettings(pictures="report", questions="report", answers="report")
    findings, card = search_training_data(looked_for, arguments.output)
    print(described(findings, card))
    print(f"written: {arguments.output}")
