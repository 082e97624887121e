"""Decoding or rendering every picture of the pairs once, and what cannot be used of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tqdm import tqdm

from bettersynth.data.files.hashing import sha256_of_bytes
from bettersynth.data.files.processes import Limits, WorkerDied, map_in_processes
from bettersynth.data.files.rejects import Reject, counted, require_few
from bettersynth.data.pictures.decoding import BadImage
from bettersynth.data.sources.pair import Pair, Picture, StoredImage, picture_bytes, store
from bettersynth.data.tables.rejects import Refused
from bettersynth.errors import UserError

# A drawing's filters may ask for any time and memory; the largest photo allowed needs 1 GiB
LIMITS = Limits(seconds=60, bytes=3 * 2**30)


@dataclass(frozen=True)
class StoredPairs:
    """What became of the pairs: `images` by picture name, those that can be used, the others."""

    usable: list[Pair]
    refused: list[Refused]
    images: dict[str, StoredImage]


def store_pairs(pairs: Sequence[Pair], longest_side: int, processes: int) -> StoredPairs:
    """Store every picture of the pairs; a pair with a bad one is refused with its first reason.

    The result does not depend on the number of processes.
    """
    results = _store_all(pairs, longest_side, processes)
    usable: list[Pair] = []
    refused: list[Refused] = []
    for pair in pairs:
        outcomes = [results[picture.name] for picture in pair.pictures]
        reasons = [outcome for outcome in outcomes if isinstance(outcome, str)]
        if reasons:
            refused.append(Refused(pair.id, pair.image_names, reasons[0], pair.source))
        else:
            usable.append(pair)
    images = {}
    for name, outcome in results.items():
        if isinstance(outcome, StoredImage):
            images[name] = outcome
    return StoredPairs(usable, refused, images)


def _store_all(
    pairs: Sequence[Pair], longest_side: int, processes: int
) -> dict[str, StoredImage | str]:
    """Return the stored image of each picture name, or the reason why there is none."""
    pictures = _pictures_of(pairs)
    tasks = [(picture, longest_side) for picture in pictures.values()]
    progress = tqdm(total=len(tasks), desc="pictures", unit="img")
    results = {}
    with progress:
        for name, outcome in zip(pictures, _outcomes(tasks, processes), strict=True):
            results[name] = outcome
            progress.update()
    return results


def _outcomes(tasks: list[tuple[Picture, int]], processes: int) -> Iterator[StoredImage | str]:
    for outcome in map_in_processes(_store_one, tasks, processes, chunk=32, limits=LIMITS):
        yield outcome.reason if isinstance(outcome, WorkerDied) else outcome


def _store_one(task: tuple[Picture, int]) -> StoredImage | str:
    picture, longest_side = task
    try:
        return store(picture, longest_side)
    except BadImage as error:
        return str(error)
    except MemoryError:
        return "too large: storing it takes more than 3 GiB of memory"


def _pictures_of(pairs: Sequence[Pair]) -> dict[str, Picture]:
    """Return each picture once, by name, in the order of the pairs."""
    pictures = {}
    for pair in pairs:
        for picture in pair.pictures:
            pictures[picture.name] = picture
    return pictures


def image_bytes(
    pairs: Sequence[Pair], images: Mapping[str, StoredImage]
) -> Iterator[tuple[str, bytes]]:
    """Yield every picture of the pairs once, as (name, file bytes).

    Raises:
        UserError: a photo, which is read again here, is another than the one that was decoded.
    """
    # photos are read again: all of them would not fit into memory
    for name, picture in tqdm(_pictures_of(pairs).items(), desc="images", unit="img"):
        data = images[name].data or picture_bytes(picture)
        if picture.kind == "photo" and sha256_of_bytes(data) != images[name].sha256:
            raise UserError(f"{picture.path} changed while the pool was made; run again")
        yield name, data


def check_rejects(
    refused: Sequence[Refused], total: int, max_share: float, what: str = "pairs"
) -> None:
    """Fail where too many of `total` pairs are unusable; `what` names them.

    Raises:
        UserError: nothing usable, or a larger share of rejects than `max_share`.
    """
    rejects = [Reject(one.id, one.reason, kind_of(one)) for one in refused]
    if rejects and len(rejects) == total:
        raise UserError(f"{total} of {total} {what} are unusable{counted(rejects)}")
    require_few(rejects, total, max_share, "pool.max_reject_share", f"{what} are unusable")


def kind_of(refused: Refused) -> str:
    """Return what is counted of a reason: what stands before its first colon."""
    return refused.reason.split(":")[0]


def count_reasons(refused: Sequence[Refused]) -> dict[str, int]:
    """Return how many were refused for each reason, the most frequent first."""
    counts = Counter(kind_of(one) for one in refused)
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
