"""What operators measured of the new captions: `data/restats/restats.parquet`.

One row a new caption or picture, as `read_new_versions` has them: `id`, `candidate`, and one column
a stat.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from bettersynth.data.files.reading import read_table
from bettersynth.data.files.writing import write_table
from bettersynth.data.tables.stats import columns_of
from bettersynth.errors import UserError

RESTATS = Path("data/restats/restats.parquet")
# the columns that say which version of a sample a row is about
KEYS = ("id", "candidate")


def write_restats(versions: pa.Table, values: Mapping[str, Sequence[Any]]) -> None:
    """Write the values of all rows of `versions`, one column a stat."""
    keys = {name: versions[name] for name in KEYS}
    write_table(RESTATS, pa.table({**keys, **columns_of(values)}))


def read_restats(versions: pa.Table) -> pa.Table:
    """Return the values of all rows of `versions`, one column a stat.

    Raises:
        UserError: not measured yet, or measured of other captions or pictures.
    """
    try:
        table = read_table(RESTATS)
    except FileNotFoundError:
        raise UserError(
            f"{RESTATS} does not exist; run `snakemake --cores all {RESTATS}`"
        ) from None
    for name in KEYS:
        if not versions[name].equals(table[name]):
            raise UserError(
                f"{RESTATS} belongs to other captions; run `python -m bettersynth.steps.restats`"
            )
    return table.drop_columns(list(KEYS))
