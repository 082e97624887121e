"""What one should know of own pairs before models are trained on them, in one line each."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from bettersynth.data.tables.samples import OWN_SIMILARITY

SIMILARITY = "image_text_similarity_filter"


def nano_note(params: dict[str, Any]) -> str:
    """Return what to know before nano's models judge or describe own pairs, "" where they do not.

    They learn from the embedded packages' clip art and emoji, whatever the pool is.
    """
    source = params.get("source") or {}
    kinds = [one.get("source") for one in (source.get("sources") or {}).values()]
    if "jsonl" not in [source.get("name"), *kinds]:
        return ""
    uses = []
    recipe = (params.get("filter") or {}).get("recipe") or []
    scorer = ((params.get("stats") or {}).get(SIMILARITY) or {}).get("hf_clip")
    if scorer == "nano" and any(SIMILARITY in line for line in recipe):
        uses.append("its scorer drops pairs (filter=own_pairs has no such rule)")
    if (params.get("caption") or {}).get("captioner") == "nano_prefix":
        uses.append("its captioner puts captions forward (caption=none leaves yours)")
    if not uses:
        return ""
    return (
        "note: nano's models know clip art and emoji, and say little about photographs; here "
        + " and ".join(uses)
    )


def own_similarity_note(samples: pa.Table, recipe: list[dict[str, Any]]) -> str:
    """Return how many pairs of the pool bring a similarity, "" where none does or it is used."""
    if OWN_SIMILARITY.name not in samples.column_names or OWN_SIMILARITY.name in str(recipe):
        return ""
    pool = samples.filter(pc.equal(samples["split"], "pool"))
    own = pool[OWN_SIMILARITY.name]
    return (
        f"note: {len(own) - own.null_count:,} of {len(own):,} pairs bring a similarity of their "
        "own; filter=own_similarity keeps those of at least filter.threshold"
    )
