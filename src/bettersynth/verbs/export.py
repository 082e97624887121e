"""Write a training set for other programs: pictures and captions as they are trained with.

Examples:
    bettersynth export set
    bettersynth export set --of similarity --format webdataset

It needs no score: a run that stopped at `mix` has a training set
(`snakemake --cores all data/mix/train.json`).
"""

from __future__ import annotations

import argparse
from pathlib import Path

from bettersynth.verbs.documented_parser import Verbs, add_documented_parser

# As `formats.FORMATS`, which is not imported to show `--help`
FORMATS = ("folder", "llava", "hf", "webdataset")


def add(verbs: Verbs) -> None:
    """Add `bettersynth export` with its arguments."""
    summary = "a training set as folder, LLaVA json, Hugging Face parquet, webdataset"
    verb = add_documented_parser(verbs, "export", summary, __doc__)
    verb.add_argument("folder", type=Path, metavar="FOLDER", help="what is written")
    verb.add_argument(
        "--of",
        default="workspace",
        metavar="NAME",
        help="a DVC experiment, commit or folder; default: workspace",
    )
    verb.add_argument("--format", choices=FORMATS, default="folder", help="default: folder")
    verb.set_defaults(action=run)


def run(arguments: argparse.Namespace) -> None:
    """Do what the arguments ask for."""
    from bettersynth.experiments.export.formats import export_training_set

    print(export_training_set(arguments.of, arguments.folder, arguments.format))
