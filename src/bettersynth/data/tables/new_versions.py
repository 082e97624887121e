"""All new versions of pool samples that the mix may choose: new captions, then new pictures."""

from __future__ import annotations

import pyarrow as pa

from bettersynth.data.tables.candidates import read_candidates
from bettersynth.data.tables.drawn import read_drawn


def read_new_versions(pool: pa.ChunkedArray) -> pa.Table:
    """Return one row a version: `id`, `candidate` (its number), `text`, `maker`.

    `pool` are the ids of the pool, which all must belong to. New captions stand first, as
    `read_candidates` has them, then what `read_drawn` has.

    Raises:
        UserError: a stage has not run, or on another pool.
    """
    captions = read_candidates(pool)
    drawn = read_drawn(pool)
    columns = ["id", "candidate", "text"]
    return pa.concat_tables(
        [
            captions.select(columns).append_column("maker", captions["captioner"]),
            drawn.select(columns).append_column("maker", drawn["mapper"]),
        ],
        # a table without rows may not know what its columns would hold
        promote_options="default",
    )
