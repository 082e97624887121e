"""No picture may be in two splits: what is learned from must not be what is asked about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bettersynth.data.pictures.phash import hash_bits, nearest_within
from bettersynth.data.sources.pair import Pair, StoredImage
from bettersynth.data.tables.samples import SPLITS

OF_EARLIER_SOURCE = "picture of an earlier source"


def find_duplicates(
    pairs: Sequence[Pair], images: Mapping[str, StoredImage], bits: int
) -> dict[str, str]:
    """Return `{id: reason}` of pairs that have a picture of an earlier split of `SPLITS`.

    Pictures count as the same by their bytes, or where at most `bits` of their perceptual hashes
    differ. A picture twice in the pool stays, since finding it is a recipe's work; in the
    reference split only its first pair stays.
    """
    reasons: dict[str, str] = {}
    earlier_sha256s: set[str] = set()
    earlier_phashes: list[str] = []
    for split in SPLITS:
        shown = _pictures([pair for pair in pairs if pair.split == split], images)
        phashes = hash_bits([image.phash for _, image in shown])
        distances, _ = nearest_within(phashes, hash_bits(earlier_phashes), bits)
        for (pair, image), distance in zip(shown, distances, strict=True):
            if image.sha256 in earlier_sha256s:
                reasons[pair.id] = "same picture in another split"
            elif distance <= bits:
                reasons[pair.id] = "near-duplicate of a picture in another split"
        fresh = [(pair, image) for pair, image in shown if pair.id not in reasons]
        if split == "reference":
            reasons |= _repeated(fresh)
        # What was refused stands in no split, so that it shuts nothing out of later ones.
        earlier_sha256s.update(image.sha256 for _, image in fresh)
        earlier_phashes += [image.phash for _, image in fresh]
    return reasons


def duplicates_of_earlier_sources(
    kept: Sequence[Pair],
    images: Mapping[str, StoredImage],
    bits: int,
    sources: Sequence[str],
) -> dict[str, str]:
    """Return `{id: reason}` of captions of the pool with a picture of a source named before theirs.

    Pictures count as the same as in `find_duplicates`. A picture twice in one source stays, since
    finding it is a recipe's work.
    """
    captions = [pair for pair in kept if pair.split == "pool" and pair.type == "caption"]
    reasons: dict[str, str] = {}
    earlier: list[tuple[Pair, StoredImage]] = []
    for source in sources:
        shown = _pictures([pair for pair in captions if pair.source == source], images)
        by_sha256 = {image.sha256: pair for pair, image in reversed(earlier)}
        bits_of_earlier = hash_bits([image.phash for _, image in earlier])
        bits_of_shown = hash_bits([image.phash for _, image in shown])
        distances, places = nearest_within(bits_of_shown, bits_of_earlier, bits)
        for (pair, image), distance, place in zip(shown, distances, places, strict=True):
            other = by_sha256.get(image.sha256)
            if other is None and distance <= bits:
                other = earlier[place][0]
            if other is not None:
                reasons.setdefault(pair.id, f"{OF_EARLIER_SOURCE}: {other.id} of {other.source}")
        earlier += [(pair, image) for pair, image in shown if pair.id not in reasons]
    return reasons


def _pictures(
    pairs: Sequence[Pair], images: Mapping[str, StoredImage]
) -> list[tuple[Pair, StoredImage]]:
    shown = []
    for pair in pairs:
        shown += [(pair, images[picture.name]) for picture in pair.pictures]
    return shown


def _repeated(shown: Sequence[tuple[Pair, StoredImage]]) -> dict[str, str]:
    """Return `{id: reason}` of pairs with a picture that stood before, by its bytes."""
    reasons = {}
    sha256s: set[str] = set()
    for pair, image in shown:
        if image.sha256 in sha256s:
            reasons[pair.id] = "same picture twice in the reference split"
        sha256s.add(image.sha256)
    return reasons
