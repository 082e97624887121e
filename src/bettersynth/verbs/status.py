"""Say what lies here, which stages are out of date and why, which experiments there are, what they
took, and what to type next.

Example:
    bettersynth status
"""

from __future__ import annotations

import argparse

from bettersynth.verbs.documented_parser import Verbs, add_documented_parser


def add(verbs: Verbs) -> None:
    """Add `bettersynth status`."""
    summary = "what lies here, what is out of date and why, what to type next"
    add_documented_parser(verbs, "status", summary, __doc__).set_defaults(action=run)


def run(arguments: argparse.Namespace) -> None:
    """Do what the arguments ask for."""
    from bettersynth.experiments.history.workspace_state import status_text

    print(status_text())
