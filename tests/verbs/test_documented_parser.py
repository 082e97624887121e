"""A verb's help is the docstring of its file."""

from __future__ import annotations

import argparse

from bettersynth.verbs.documented_parser import add_documented_parser

DOCSTRING = """Say hello.

Example:
    tool hello you

Twice, if need be.
"""


def test_the_first_paragraph_opens_the_help_and_the_example_closes_it():
    verbs = argparse.ArgumentParser(prog="tool").add_subparsers()
    shown = add_documented_parser(verbs, "hello", "greets", DOCSTRING).format_help()
    assert shown.index("Say hello.") < shown.index("options:") < shown.index("Example:")
    assert shown.endswith("Example:\n    tool hello you\n\nTwice, if need be.\n")
