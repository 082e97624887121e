"""Write params.yaml from conf/, exactly as `dvc exp run` does, once every setting is valid.

Example:
    bettersynth compose filter.threshold=0.28 source=emoji

Without overrides params.yaml goes back to what conf/ says. Groups and their choices are the
folders and files of conf/; a choice that no default names is added: +nano_decoder=nano.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from bettersynth.verbs.documented_parser import Verbs, add_documented_parser


def add(verbs: Verbs) -> None:
    """Add `bettersynth compose` with its arguments."""
    summary = "conf/ and overrides into params.yaml, which the stages read"
    verb = add_documented_parser(verbs, "compose", summary, __doc__)
    verb.add_argument(
        "overrides", nargs="*", help="group=choice or section.setting=value, as for Hydra"
    )
    verb.add_argument("--output", type=Path, default=Path("params.yaml"))
    verb.set_defaults(action=run)


def run(arguments: argparse.Namespace) -> None:
    """Write the composed parameters.

    Raises:
        UserError: an override names nothing, or a value is refused; the file is left as it was.
    """
    from bettersynth.data.files.overwriting import refuse_overwriting
    from bettersynth.data.files.writing import complete_or_absent
    from bettersynth.experiments.workflow.compose import compose
    from bettersynth.experiments.workflow.settings_check import require_valid_settings
    from bettersynth.settings.reading import parse_yaml

    conf = Path("conf").rglob("*.yaml")
    refuse_overwriting({"--output": arguments.output}, conf, writes_settings=True)
    with complete_or_absent(arguments.output) as temporary:
        compose(temporary, arguments.overrides)
        # a message names the file that was asked for
        require_valid_settings(parse_yaml(temporary.read_bytes(), str(arguments.output)))
    print(f"wrote {arguments.output}")
