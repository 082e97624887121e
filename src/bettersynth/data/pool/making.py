"""Making `data/pool/`: every picture is decoded once, then splits are cleared of each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bettersynth.data.pictures.images import write_images
from bettersynth.data.pool.card import write_card
from bettersynth.data.pool.gathering import gather
from bettersynth.data.pool.near_duplicates import find_duplicates
from bettersynth.data.pool.planting import plant, planted_rows
from bettersynth.data.pool.storing import check_rejects, image_bytes, store_pairs
from bettersynth.data.sources.pair import Pair, StoredImage
from bettersynth.data.tables.planted import write_planted
from bettersynth.data.tables.rejects import Refused, write_rejects
from bettersynth.data.tables.samples import POOL_IMAGES, write_samples
from bettersynth.settings.pool import PoolSettings
from bettersynth.settings.source import SourceSettings

# of a pool of packages; the user's own pairs have mismatches of their own
PLANTED_SHARE = 0.5


def make_pool(source: SourceSettings, settings: PoolSettings, processes: int) -> int:
    """Write the sample table with its pictures, rejects, planted mismatches and card.

    Returns the number of pairs that were looked at.

    Raises:
        UserError: the user's pairs are not as they must be, or too many of them are unusable.
    """
    pairs, refused = gather(source, settings)
    # Embedded pictures beside the user's own pairs must not dilute the share of bad ones.
    judged = {pair.id for pair in pairs if pair.split == "pool" or not source.own_pairs}
    judged.update(one.id for one in refused)

    stored = store_pairs(pairs, settings.longest_side, processes)
    refused += stored.refused
    judged_refused = [one for one in refused if one.id in judged]
    check_rejects(judged_refused, len(judged), settings.max_reject_share)

    duplicates = find_duplicates(stored.usable, stored.images, settings.near_duplicate_bits)
    kept = []
    for pair in stored.usable:
        if pair.id in duplicates:
            reason = f"{duplicates[pair.id]}: {pair.split}"
            refused.append(Refused(pair.id, pair.image_names, reason))
        else:
            kept.append(pair)

    # after the duplicates: a caption is only swapped among pairs that stay
    planted = write_pool(kept, stored.images, planted_share(source, settings), settings.seed)
    write_rejects(refused)
    write_card(source.name, kept, planted, refused)
    return len(pairs)


def planted_share(source: SourceSettings, settings: PoolSettings) -> float:
    """Return the share of the pool's captions that are swapped."""
    if settings.planted_share is not None:
        return settings.planted_share
    return 0.0 if source.own_pairs else PLANTED_SHARE


def write_pool(
    kept: Sequence[Pair], images: Mapping[str, StoredImage], share: float, seed: int
) -> int:
    """Plant the mismatches, write tables and pictures, and return how many were planted."""
    pool = [pair for pair in kept if pair.split == "pool"]
    carried = plant(pool, share, seed)
    texts = {pair.id: pair.text for pair in kept}
    for pair, donor in zip(pool, carried, strict=True):
        texts[pair.id] = pool[donor].text
    planted = planted_rows(pool, carried)
    write_samples([sample_row(pair, texts[pair.id], images) for pair in kept])
    write_images(POOL_IMAGES, image_bytes(kept, images))
    write_planted(planted)
    return sum(row["planted"] for row in planted)


def sample_row(pair: Pair, text: str, images: Mapping[str, StoredImage]) -> dict[str, Any]:
    """Return a pair's row of the sample table, with `text` in the place of its own."""
    shown = [images[name] for name in pair.image_names]
    return {
        "id": pair.id,
        "text": text,
        "images": list(pair.image_names),
        "image_sha256": [image.sha256 for image in shown],
        "width": [image.width for image in shown],
        "height": [image.height for image in shown],
        "size_bytes": [image.size_bytes for image in shown],
        "phash": [image.phash for image in shown],
        "source": pair.source,
        "style": pair.style,
        "concept": pair.concept,
        "group": pair.group,
        "split": pair.split,
    }
