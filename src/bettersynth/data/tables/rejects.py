"""Pairs that the pool does not hold, with the reason: `data/pool/rejects.parquet`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

import pyarrow as pa

from bettersynth.data.files.writing import write_table
from bettersynth.data.tables.made_files import read_made_table
from bettersynth.data.tables.samples import POOL

REJECTS = POOL / "rejects.parquet"
REJECT_SCHEMA = pa.schema(
    [("id", pa.string()), ("images", pa.list_(pa.string())), ("reason", pa.string())]
)


@dataclass(frozen=True)
class Refused:
    """A pair that is set aside: its id, its image paths as given, the reason.

    What stands before the first colon of `reason` is counted, what follows tells the one case.
    `source` is that of the pair, which the table leaves out.
    """

    id: str
    images: tuple[str, ...]
    reason: str
    source: str = field(default="", compare=False)


def read_rejects(columns: list[str] | None = None) -> pa.Table:
    """Return the table of rejects, or some of its columns."""
    return read_made_table(REJECTS, columns)


def write_rejects(refused: Sequence[Refused]) -> None:
    """Write the table of rejects, in the order given."""
    rows = [asdict(one) for one in refused]
    # what the schema does not name is left out
    write_table(REJECTS, pa.Table.from_pylist(rows, schema=REJECT_SCHEMA))
