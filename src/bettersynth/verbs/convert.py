"""Convert between LLaVA's .json and Data-Juicer's .jsonl; every row is converted back and compared,
so that what would be lost is refused by name.

Example:
    bettersynth convert blip_558k.json captions.jsonl --only-captions --images pictures
"""

from __future__ import annotations

import argparse
from pathlib import Path

from bettersynth.verbs.documented_parser import Verbs, add_documented_parser


def add(verbs: Verbs) -> None:
    """Add `bettersynth convert` with its arguments."""
    summary = "LLaVA json to Data-Juicer jsonl, or back"
    verb = add_documented_parser(verbs, "convert", summary, __doc__)
    verb.add_argument("source", type=Path, help="a .json (LLaVA) or .jsonl (Data-Juicer) file")
    verb.add_argument("target", type=Path, help="a .jsonl or .json file")
    verb.add_argument(
        "--only-captions",
        action="store_true",
        help="keep answers alone as text, as for pretraining data",
    )
    verb.add_argument(
        "--images",
        type=Path,
        help="folder that LLaVA's picture paths are relative to; default: paths stay as they are",
    )
    verb.set_defaults(action=run)


def run(arguments: argparse.Namespace) -> None:
    """Do what the arguments ask for."""
    from bettersynth.data.instruction.convert import convert

    convert(arguments.source, arguments.target, arguments.only_captions, arguments.images)
