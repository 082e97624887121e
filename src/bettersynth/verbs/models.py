"""List weights, data and benchmark files with size and sha256, and where the missing ones are from.

Example:
    bettersynth models mgm_2b

Exit code 1 if a file is missing. The list is conf/files and the downloads of the source; nothing is
fetched.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from bettersynth.errors import UserError
from bettersynth.verbs.documented_parser import Verbs, add_documented_parser


def add(verbs: Verbs) -> None:
    """Add `bettersynth models` with its arguments."""
    summary = "every file that an experiment needs from outside: there or not"
    verb = add_documented_parser(verbs, "models", summary, __doc__)
    verb.add_argument(
        "experiment",
        nargs="?",
        help="NAME of conf/experiment/NAME.yaml; default: what params.yaml says",
    )
    verb.add_argument(
        "--output", type=Path, default=None, help="write the list with whole hashes as json too"
    )
    verb.set_defaults(action=run)


def run(arguments: argparse.Namespace) -> None:
    """Print the list, and write it if asked to.

    Raises:
        UserError: a file is missing, or is another than expected.
    """
    from bettersynth.data.files.overwriting import refuse_overwriting
    from bettersynth.data.files.writing import write_json
    from bettersynth.experiments.workflow.experiment import composed_params
    from bettersynth.experiments.workflow.needed_files import needed_files, show

    rows = needed_files(composed_params(arguments.experiment))
    print(show(rows))
    if arguments.output:
        refuse_overwriting({"--output": arguments.output}, [Path(row.path) for row in rows])
        write_json(arguments.output, [vars(row) for row in rows])
    lacking = sum(row.lacking for row in rows)
    if lacking:
        raise UserError(f"{lacking} of {len(rows)} files are missing, or others than expected")
