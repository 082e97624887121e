"""The pool's card, `data/pool/card.json`: counts, licences, and the hashes of its files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from bettersynth.data.files.hashing import sha256_of_file
from bettersynth.data.files.writing import write_json
from bettersynth.data.pictures.shard_writing import SHARDS
from bettersynth.data.pool.storing import count_reasons
from bettersynth.data.sources.pair import Pair
from bettersynth.data.tables.archives import read_manifest
from bettersynth.data.tables.made_files import read_made_object
from bettersynth.data.tables.planted import PLANTED
from bettersynth.data.tables.rejects import REJECTS, Refused
from bettersynth.data.tables.samples import POOL, POOL_IMAGES, SAMPLES, SPLITS

CARD = POOL / "card.json"
# the list of the shards has the hash of each
FILES = (POOL_IMAGES / SHARDS, PLANTED, REJECTS, SAMPLES)


def write_card(
    source_name: str,
    pairs: Sequence[Pair],
    planted: int,
    refused: Sequence[Refused],
    of_earlier_sources: Mapping[str, int],
) -> None:
    """Write the card of the pairs that were kept; their files lie in the pool already.

    `of_earlier_sources` counts the samples that each of several sources lost since an earlier one
    has their picture.
    """
    entries = read_manifest()["files"]
    card: dict[str, Any] = {
        "source": source_name,
        "samples": {split: _by_source(pairs, split) for split in SPLITS},
        "concepts": {split: _distinct_concepts(pairs, split) for split in SPLITS},
        "planted": planted,
        "rejected": count_reasons(refused),
        "licences": {entry["package"] or entry["file"]: entry["licence"] for entry in entries},
        "sha256": {path.relative_to(POOL).as_posix(): sha256_of_file(path) for path in FILES},
    }
    if of_earlier_sources:
        card["dropped_for_an_earlier_source"] = dict(of_earlier_sources)
    write_json(CARD, card)


def read_card() -> dict[str, Any]:
    """Return the pool's card.

    Raises:
        UserError: the pool has not been made, or the file is damaged.
    """
    return read_made_object(CARD, has={"samples": dict}, may_have=["rejected", "duplicates"])


def _by_source(pairs: Sequence[Pair], split: str) -> dict[str, int]:
    counts = Counter(pair.source for pair in pairs if pair.split == split)
    return dict(sorted(counts.items()))


def _distinct_concepts(pairs: Sequence[Pair], split: str) -> int:
    return len({pair.concept for pair in pairs if pair.split == split and pair.concept})
