"""Score the predictions of other tools: LLaVA (jsonl), VLMEvalKit (xlsx, tsv), lmms-eval (jsonl).

Example:
    bettersynth score --benchmark mmbench --questions mmbench_dev_en.tsv --predictions answers.xlsx

Without --protocol every protocol that applies is shown, side by side. What each one does:
docs/scores.md

One model's answers say nothing of another training: the intervals leave that out, unless
--seed-spread names an experiment with several seeds (as `bettersynth compare` takes names).
"""

from __future__ import annotations

import argparse
from pathlib import Path

from bettersynth.verbs.documented_parser import Verbs, add_documented_parser


def add(verbs: Verbs) -> None:
    """Add `bettersynth score` with its arguments."""
    summary = "score other people's predictions on TextVQA or MMBench"
    verb = add_documented_parser(verbs, "score", summary, __doc__)
    verb.add_argument("--benchmark", required=True, choices=["textvqa", "mmbench"])
    verb.add_argument(
        "--questions", required=True, type=Path, help="MMBench TSV, or TextVQA_0.5.1_val.json"
    )
    verb.add_argument("--predictions", required=True, type=Path)
    verb.add_argument("--protocol", default=None, help="default: all that apply, side by side")
    verb.add_argument("--output", type=Path, default=None, help="write the numbers as json too")
    verb.add_argument(
        "--seed-spread",
        metavar="EXPERIMENT",
        default=None,
        help="intervals borrow how this experiment's seeds differ",
    )
    verb.set_defaults(action=run)


def run(arguments: argparse.Namespace) -> None:
    """Do what the arguments ask for."""
    from bettersynth.evaluation.scoring.score_files import score_files
    from bettersynth.experiments.history.compared_runs import spread_of_run

    score_files(
        arguments.benchmark,
        arguments.questions,
        arguments.predictions,
        arguments.protocol,
        arguments.output,
        spread_of_run(arguments.seed_spread),
    )
