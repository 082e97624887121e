"""A measured, filtered pool in the current folder, as `bettersynth browse` looks at it."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from bettersynth.data.files.writing import write_table
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


def write_other(rows: Sequence[tuple[str, str, int, int]]) -> None:
    """Write the training set of another experiment to `other/`.

    `rows` hold id, caption source, candidate and visits.
    """
    columns = {
        "id": [row[0] for row in rows],
        "caption_source": [row[1] for row in rows],
        "candidate": pa.array([row[2] for row in rows], pa.int32()),
        "weight": pa.array([row[3] for row in rows], pa.int32()),
    }
    write_table("other/mix.parquet", pa.table(columns))
