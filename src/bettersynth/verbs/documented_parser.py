"""A verb's parser, whose long help is the docstring of the verb's own file."""

from __future__ import annotations

import argparse

Verbs = "argparse._SubParsersAction[argparse.ArgumentParser]"


def add_documented_parser(
    verbs: Verbs, name: str, summary: str, docstring: str
) -> argparse.ArgumentParser:
    """Add the verb `name` and return its parser.

    `summary` stands beside the name in `bettersynth --help`. The docstring's first paragraph opens
    the verb's own `--help`; the rest, its example first, closes it with its line breaks kept.
    """
    description, _, epilog = docstring.partition("\n\n")
    return verbs.add_parser(
        name,
        help=summary,
        description=description,
        epilog=epilog.rstrip(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
