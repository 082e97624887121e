"""The similarity of many pairs, measured here or on a Ray cluster: what ray_kills.py kills.

    python benchmarks/faults/ray_driver.py --pairs 20000 --address HOST:6379 --table out.parquet

It runs in the folder of a finished default run. There are more pairs than the pool has rows: each
text comes again with a word more, so that its picture is read and scored anew.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import counted_similarity
import pyarrow as pa
import pyarrow.parquet as pq

from bettersynth.data.samples.batch import Batch
from bettersynth.data.samples.pool_samples import pool_batch, read_pool
from bettersynth.measuring.launching import HERE, Launch
from bettersynth.measuring.measure import measure, open_column
from bettersynth.recipes.stats_section import stats_settings
from bettersynth.settings.reading import load_params

POISONED = 777


def pairs_of_the_pool(number: int, poisoned: bool) -> Batch:
    """Return so many pairs; of a poisoned batch the text at `POISONED` ends its worker."""
    pool = read_pool()
    batch = pool_batch(pool)
    texts, images = [], []
    for position in range(number):
        turn, row = divmod(position, pool.num_rows)
        texts.append(batch.texts[row] + " again" * turn)
        images.append(batch.images[row])
    if poisoned:
        texts[POISONED] = counted_similarity.POISON
    return Batch(texts, images, batch.pictures, batch.tokens)


def main() -> None:
    """Measure as the command line says, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=20_000)
    parser.add_argument("--address", help="of the cluster; none: this process works alone")
    parser.add_argument("--table", type=Path, required=True, help="what is measured")
    parser.add_argument("--poisoned", action="store_true", help="one text ends its worker")
    given = parser.parse_args()
    settings = stats_settings(load_params(), counted_similarity.CACHED_AS)
    batch = pairs_of_the_pool(given.pairs, given.poisoned)
    column = open_column(counted_similarity, settings)
    launch = Launch("ray", None, given.address) if given.address else HERE
    measured = measure(counted_similarity, settings, batch, column, launch=launch)
    columns = {"position": measured.positions, **measured.values}
    pq.write_table(pa.table(columns), given.table)
    print(f"{len(measured.positions):,} of {len(batch):,} measured; set aside: {measured.bad}")


if __name__ == "__main__":
    main()
