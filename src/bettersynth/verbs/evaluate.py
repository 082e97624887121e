"""Show what a training set is worth before anything is trained on it: how different its pictures
and captions are, and how far its pictures lie from another's.

Example:
    bettersynth evaluate similarity --against unfiltered

The Vendi score is the effective number of different pictures, or captions: higher is more diverse.
The Fréchet distance (FID where InceptionV3 looks) is 0 for equal sets; of new pictures it is that
to the ones they stand for. Compare sets of like size: both numbers grow or shrink with it.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from bettersynth.verbs.documented_parser import Verbs, add_documented_parser


def add(verbs: Verbs) -> None:
    """Add `bettersynth evaluate` with its arguments."""
    summary = "how diverse a training set is, and how far its pictures lie from another's"
    verb = add_documented_parser(verbs, "evaluate", summary, __doc__)
    verb.add_argument(
        "name",
        nargs="?",
        default="workspace",
        help="a DVC experiment, a commit, a folder, or `workspace` (default)",
    )
    verb.add_argument(
        "--against", default="", metavar="NAME", help="whose pictures the distance is taken to"
    )
    verb.add_argument(
        "--hf-clip",
        default="nano",
        metavar="MODEL",
        help="what embeds pictures and captions: nano (default), or as in docs/operators.md",
    )
    verb.add_argument(
        "--inception",
        default="",
        metavar="FILE",
        help="torch-fidelity's weights of InceptionV3, for a FID as it is published",
    )
    verb.add_argument(
        "--output",
        type=Path,
        default=Path("results/data_scores.json"),
        help="the numbers as json; default results/data_scores.json",
    )
    verb.set_defaults(action=run)


def run(arguments: argparse.Namespace) -> None:
    """Do what the arguments ask for."""
    from bettersynth.data.files.overwriting import refuse_overwriting
    from bettersynth.data.files.writing import write_json
    from bettersynth.experiments.history.data_scores import Eyes, described, score_data

    refuse_overwriting({"--output": arguments.output}, [])
    eyes = Eyes(arguments.hf_clip, arguments.inception)
    scores = score_data(arguments.name, arguments.against, eyes)
    write_json(arguments.output, scores)
    print(described(scores))
    print(f"written: {arguments.output}")
