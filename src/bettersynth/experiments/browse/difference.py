"""How the training set that is looked at differs from another experiment's, pair by pair."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bettersynth.experiments.browse.pairs import Pairs
from bettersynth.experiments.history.compared_runs import (
    Reader,
    no_training_set,
    reader_of,
    training_set,
)
from bettersynth.experiments.history.data_difference import (
    KINDS,
    captions,
    rewritten_texts,
)

ADDED, REMOVED, RECAPTIONED, REWEIGHTED = KINDS
SAME = "the same"
NEITHER = "in neither"
# the candidate of a pair that is trained on with its own caption
ORIGINAL = -1


def difference_columns(pairs: Pairs, other: str) -> dict[str, pa.ChunkedArray]:
    """Return the columns `difference`, `visits there` and `caption there` against `other`.

    As in `bettersynth diff OTHER THIS`: "added" is what `other` does not train on. A pair with
    another caption counts as recaptioned, whatever its visits.

    Raises:
        UserError: one of the two has no training set.
    """
    read_other = reader_of(other)
    table = training_set(read_other, other)
    own_table = training_set(pairs.read, pairs.name)
    weight, candidate, source = _training(pairs, own_table, pairs.name)
    other_weight, other_candidate, other_source = _training(pairs, table, other)
    both = (weight > 0) & (other_weight > 0)
    new_words = (candidate != other_candidate) | (source != other_source)
    new_words |= _rewritten_otherwise(pairs, read_other) & (candidate == ORIGINAL)
    kinds = np.full(len(pairs), NEITHER, dtype=object)
    kinds[(weight > 0) & (other_weight == 0)] = ADDED
    kinds[(weight == 0) & (other_weight > 0)] = REMOVED
    kinds[both] = SAME
    kinds[both & (weight != other_weight)] = REWEIGHTED
    kinds[both & new_words] = RECAPTIONED
    # a pair's own caption stands beside it already
    shown = np.flatnonzero(((other_candidate != ORIGINAL) & (kinds != SAME)) | (both & new_words))
    wanted = {pairs.ids[row] for row in shown}
    texts = captions(read_other, _rows_by_id(table, wanted), wanted)
    words = [texts.get(sample, "") for sample in pairs.ids]
    for row in np.flatnonzero((other_candidate == ORIGINAL) & (kinds == RECAPTIONED)):
        # the other pool may not be at hand
        words[row] = words[row] or pairs.column("caption")[row].as_py()
    return {
        "difference": pa.chunked_array([pa.array(kinds, pa.string())]),
        "visits there": pa.chunked_array([pa.array(other_weight)]),
        "caption there": pa.chunked_array([pa.array(words, pa.string())]),
    }


def _rewritten_otherwise(pairs: Pairs, read_other: Reader) -> np.ndarray:
    """Return which pairs' captions mappers left as other words there than here, bool `[rows]`."""
    here = rewritten_texts(pairs.read)
    there = rewritten_texts(read_other)
    return np.array([here.get(sample) != there.get(sample) for sample in pairs.ids])


def _training(
    pairs: Pairs, table: pa.Table | None, name: str
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return visits, candidate and caption source of every pair, `[rows]` each; 0 visits if none.

    Raises:
        UserError: there is no training set.
    """
    if table is None:
        raise no_training_set(name)
    weight = np.zeros(len(pairs), dtype=np.int64)
    candidate = np.full(len(pairs), ORIGINAL, dtype=np.int64)
    source = np.full(len(pairs), "", dtype=object)
    places = pc.index_in(table["id"], value_set=pairs.pool["id"].combine_chunks())
    known = places.is_valid().to_numpy()
    rows = places.drop_null().to_numpy()
    weight[rows] = table["weight"].to_numpy()[known]
    candidate[rows] = table["candidate"].to_numpy()[known]
    source[rows] = table["caption_source"].to_numpy()[known]
    return weight, candidate, source


def _rows_by_id(table: pa.Table, wanted: set[str]) -> dict[str, dict[str, object]]:
    ids = pa.array(sorted(wanted), pa.string())
    own = table.filter(pc.is_in(table["id"], value_set=ids))
    return {row["id"]: row for row in own.to_pylist()}
