"""Write predictions for MMBench's server, which alone knows the answers of the test split.

Example:
    bettersynth submission --questions mmbench_test.tsv --predictions my.jsonl --output up.xlsx

The predictions may have any format that `bettersynth score` reads. NAME.xlsx is the file to upload,
NAME.jsonl is LLaVA's answers.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from bettersynth.verbs.documented_parser import Verbs, add_documented_parser


def add(verbs: Verbs) -> None:
    """Add `bettersynth submission` with its arguments."""
    summary = "MMBench answers as the file to upload (xlsx) or as LLaVA's answers (jsonl)"
    verb = add_documented_parser(verbs, "submission", summary, __doc__)
    verb.add_argument(
        "--questions", required=True, type=Path, help="MMBench TSV, with or without answers"
    )
    verb.add_argument("--predictions", required=True, type=Path)
    verb.add_argument("--output", required=True, type=Path, help="NAME.xlsx or NAME.jsonl")
    verb.set_defaults(action=run)


def run(arguments: argparse.Namespace) -> None:
    """Do what the arguments ask for."""
    from bettersynth.evaluation.scoring.submission import write_submission

    answers = write_submission(arguments.questions, arguments.predictions, arguments.output)
    print(f"{arguments.output}: {answers:,} answers")
