"""Making `data/pool/`: every picture is decoded once, then splits are cleared of each other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bettersynth.data.pictures.shard_writing import write_images
from bettersynth.data.pool.card import write_card
from bettersynth.data.pool.gathering import gather
from bettersynth.data.pool.near_duplicates import (
    duplicates_of_earlier_sources,
    find_duplicates,
)
from bettersynth.data.pool.planting import plant, planted_rows
from bettersynth.data.pool.storing import (
    StoredPairs,
    check_rejects,
    image_bytes,
    store_pairs,
)
from bettersynth.data.samples.text_form import caption_of_text
from bettersynth.data.sources.pair import Pair, StoredImage
from bettersynth.data.tables.planted import write_planted
from bettersynth.data.tables.rejects import Refused, write_rejects
from bettersynth.data.tables.samples import OWN_SIMILARITY, POOL_IMAGES, write_samples
from bettersynth.settings.pool import PoolSettings
from bettersynth.settings.source import SourceSettings

# of a pool of packages; the user's own pairs have mismatches of their own
PLANTED_SHARE = 0.5
# the name of a source that is no one of several
ALONE = ""


def make_pool(source: SourceSettings, settings: PoolSettings, processes: int) -> int:
    """Write the sample table with its pictures, rejects, planted mismatches and card.

    Returns the number of pairs that were looked at.

    Raises:
        UserError: the user's pairs are not as they must be, or too many of them are unusable.
    """
    pairs, refused = gather(source, settings)
    set_aside = list(refused)
    stored = store_pairs(pairs, settings.longest_side, processes)
    refused += stored.refused
    require_usable(source, pairs, set_aside, refused, settings.max_reject_share)

    kept, of_two_splits = without_pictures_of_other_splits(stored, settings.near_duplicate_bits)
    kept, of_two_sources = without_pictures_of_earlier_sources(
        kept, stored.images, settings.near_duplicate_bits, source
    )
    refused += [*of_two_splits, *of_two_sources]

    # after the duplicates: a caption is only swapped among pairs that stay
    swapped = swappable(kept, source, settings)
    share = planted_share(source, settings)
    several = bool(source.sources)
    planted = write_pool(
        kept, stored.images, swapped, share, settings.seed, several, settings.shard_mb
    )
    write_rejects(refused)
    dropped = Counter(one.source for one in of_two_sources)
    counts = {name: dropped[name] for name in source.sources}
    write_card(source.name, kept, planted, refused, counts)
    return len(pairs)


def without_pictures_of_other_splits(
    stored: StoredPairs, bits: int
) -> tuple[list[Pair], list[Refused]]:
    """Return the pairs whose pictures are in no earlier split, and the others with why."""
    duplicates = find_duplicates(stored.usable, stored.images, bits)
    kept: list[Pair] = []
    refused: list[Refused] = []
    for pair in stored.usable:
        if pair.id in duplicates:
            reason = f"{duplicates[pair.id]}: {pair.split}"
            refused.append(Refused(pair.id, pair.image_names, reason))
        else:
            kept.append(pair)
    return kept, refused


def without_pictures_of_earlier_sources(
    pairs: Sequence[Pair], images: Mapping[str, StoredImage], bits: int, source: SourceSettings
) -> tuple[list[Pair], list[Refused]]:
    """Return the pairs without captions of a picture that an earlier source has, and those."""
    # all but those that are conversations
    captioned = [name for name, one in source.sources.items() if one.type == "caption"]
    reasons = duplicates_of_earlier_sources(pairs, images, bits, captioned)
    kept = [pair for pair in pairs if pair.id not in reasons]
    refused: list[Refused] = []
    for pair in pairs:
        if pair.id in reasons:
            refused.append(Refused(pair.id, pair.image_names, reasons[pair.id], pair.source))
    return kept, refused


def require_usable(
    source: SourceSettings,
    pairs: Sequence[Pair],
    set_aside: Sequence[Refused],
    refused: Sequence[Refused],
    max_share: float,
) -> None:
    """Pass if few pairs of each source are unusable: a large source hides no bad small one.

    `set_aside` are those that were no pairs at all, `refused` all that cannot be used.

    Raises:
        UserError: too many of one source are.
    """
    judged: dict[str, set[str]] = {name: set() for name in source.sources or [ALONE]}
    for pair in pairs:
        if pair.source in source.sources:
            judged[pair.source].add(pair.id)
        # Embedded pictures beside the user's own pairs must not dilute the share of bad ones.
        elif not source.sources and (pair.split == "pool" or not source.own_pairs):
            judged[ALONE].add(pair.id)
    for one in set_aside:
        judged[one.source].add(one.id)
    for name, ids in judged.items():
        bad = [one for one in refused if one.id in ids]
        check_rejects(bad, len(ids), max_share, f"pairs of {name}" if name else "pairs")


def swappable(kept: Sequence[Pair], source: SourceSettings, settings: PoolSettings) -> list[Pair]:
    """Return the pairs of the pool whose captions may be swapped, in order.

    Of several sources these are the packages' captions, and the user's own where
    `pool.planted_share` asks for it.
    """
    spared = set(source.own_files) if settings.planted_share is None else set()
    pairs = []
    for pair in kept:
        if pair.split == "pool" and pair.type == "caption" and pair.source not in spared:
            pairs.append(pair)
    return pairs


def planted_share(source: SourceSettings, settings: PoolSettings) -> float:
    """Return the share of the pool's captions that are swapped."""
    if settings.planted_share is not None:
        return settings.planted_share
    return PLANTED_SHARE if source.from_packages else 0.0


def write_pool(
    kept: Sequence[Pair],
    images: Mapping[str, StoredImage],
    swapped: Sequence[Pair],
    share: float,
    seed: int,
    several: bool,
    shard_mb: int,
) -> int:
    """Plant the mismatches among `swapped`, write tables and pictures, and return how many were
    planted. `several` sources have columns of their own in the sample table.
    """
    pool = [pair for pair in kept if pair.split == "pool"]
    place_of = {pair.id: place for place, pair in enumerate(pool)}
    carried = list(range(len(pool)))
    for pair, donor in zip(swapped, plant(swapped, share, seed), strict=True):
        carried[place_of[pair.id]] = place_of[swapped[donor].id]
    texts = {pair.id: pair.text for pair in kept}
    for pair, donor in zip(pool, carried, strict=True):
        texts[pair.id] = pool[donor].text
    planted = planted_rows(pool, carried)
    write_samples([sample_row(pair, texts[pair.id], images, several) for pair in kept])
    write_images(POOL_IMAGES, image_bytes(kept, images), _told_of_pictures(kept), shard_mb)
    write_planted(planted)
    return sum(row["planted"] for row in planted)


def _told_of_pictures(pairs: Sequence[Pair]) -> Callable[[str], dict[str, str]]:
    """Return what is told of a picture in its shard: the first pair that shows it."""
    first: dict[str, Pair] = {}
    for pair in pairs:
        for name in pair.image_names:
            first.setdefault(name, pair)

    def told(name: str) -> dict[str, str]:
        pair = first[name]
        # its own caption, never a planted one: shards change with their source alone
        return {"id": pair.id, "caption": caption_of_text(pair.text), "source": pair.source}

    return told


def sample_row(
    pair: Pair, text: str, images: Mapping[str, StoredImage], several: bool = False
) -> dict[str, Any]:
    """Return a pair's row of the sample table, with `text` in the place of its own."""
    shown = [images[name] for name in pair.image_names]
    row: dict[str, Any] = {
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
    if several:
        row |= {"type": pair.type, "conversations": pair.conversations, "judged": pair.judged}
    if pair.own_similarity is not None:
        row[OWN_SIMILARITY.name] = pair.own_similarity
    return row
