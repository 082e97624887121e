"""A measured, filtered pool in the current folder, as `bettersynth browse` looks at it."""

from __future__ import annotations

from bettersynth.experiments.browse.looks import Looks
from bettersynth.experiments.browse.marks import Marks
from bettersynth.experiments.browse.pairs import read_pairs
from support.small_report import make_data

PORT = 8123
TOKEN = "a-token-for-tests"
PLANTED = [True, True, False, False, True, False, False, False]


def small_looks(planted: list[bool] | None = PLANTED) -> Looks:
    """Make the data and return what the page asks."""
    make_data(planted)
    return Looks(read_pairs("workspace"), Marks("ann"))
