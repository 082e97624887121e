"""Make the sample table: render or decode every picture once, split, remove near-duplicates across splits, plant mismatched captions.

Writes `data/pool/`: `samples.parquet`, `images.zip`, `rejects.parquet` (what could not be used, with the reason), `planted.parquet`
(which pool captions were swapped; no recipe reads it) and `card.json` (counts).
"""

from __future__ import annotations

import dataclasses
import multiprocessing
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
from tqdm import tqdm

from bettersynth.data.files.hashing import sha256_of_bytes, sha256_of_file
from bettersynth.data.files.reading import read_json
from bettersynth.data.files.writing import write_json, write_table
from bettersynth.data.pictures.images import BadImage, write_images
from bettersynth.data.pictures.phash import hash_bits, nearest
from bettersynth.data.samples.text_form import caption_of_text
from bettersynth.data.sources.clipart import read_clipart_pairs
from bettersynth.data.sources.downloads import ARCHIVES, MANIFEST, archive_paths, pairs_file
from bettersynth.data.sources.emoji import read_emoji_pairs
from bettersynth.data.sources.jsonl import Refused, read_pairs
from bettersynth.data.sources.pair import Pair, Picture, StoredImage, picture_bytes, store
from bettersynth.errors import UserError
from bettersynth.experiments.workflow.run_step import run_step
from bettersynth.settings.pool import PoolSettings
from bettersynth.settings.reading import load_params, read_settings, threads
from bettersynth.settings.source import SourceSettings, read_source

OUTPUT = Path("data/pool")
TABLES = ("images.zip", "planted.parquet", "rejects.parquet", "samples.parquet")
SPLIT_ORDER = (
    "benchmark",
    "instruction",
    "pool",
    "reference",
)  # of near-duplicates the earlier split keeps its copy
REJECT_SCHEMA = pa.schema(
    [("id", pa.string()), ("images", pa.list_(pa.string())), ("reason", pa.string())]
)
PLANTED_SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("planted", pa.bool_()),
        ("original_text", pa.string()),
        ("donor_id", pa.string()),
    ]
)
Stored = dict[
    str, StoredImage | str
]  # by picture name: the stored image, or the reason why there is none

SAMPLE_SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("text", pa.string()),
        ("images", pa.list_(pa.string())),
        ("image_sha256", pa.list_(pa.string())),
        ("width", pa.list_(pa.int32())),
        ("height", pa.list_(pa.int32())),
        ("size_bytes", pa.list_(pa.int64())),
        ("phash", pa.list_(pa.string())),
        ("source", pa.string()),
        ("style", pa.string()),
        ("concept", pa.string()),
        ("group", pa.string()),
        ("split", pa.string()),
    ]
)


def gather(source: SourceSettings, settings: PoolSettings) -> tuple[list[Pair], list[Refused]]:
    """Return all pairs sorted by id, and those that the source itself set aside.

    Raises:
        UserError: an id or image name of the user's pairs is one of the embedded pictures'.
    """
    archives = archive_paths()
    clipart, pairs, refused = settings.clipart, [], []
    if source.own_pairs:
        clipart = dataclasses.replace(clipart, openclipart_pool=0, tuxpaint_pool=0)
        pairs, refused = read_pairs(pairs_file(source), Path(source.images), source.max_samples)
    if archives:
        embedded = read_emoji_pairs(archives, settings.emoji, settings.seed) + read_clipart_pairs(
            archives, clipart, settings.seed
        )
        if source.own_pairs:
            embedded = [pair for pair in embedded if pair.split != "pool"]
            taken = {pair.id for pair in embedded} | {
                picture.name for pair in embedded for picture in pair.pictures
            }
            for pair in pairs:
                for name in (pair.id, *(picture.name for picture in pair.pictures)):
                    if name in taken:
                        raise UserError(
                            f"{pairs_file(source)}: {name!r} is also the name of an embedded picture; rename it"
                        )
        pairs += embedded
    return sorted(pairs, key=lambda pair: pair.id), refused


def _store_one(task: tuple[Picture, int]) -> StoredImage | str:
    picture, longest_side = task
    try:
        return store(picture, longest_side)
    except BadImage as error:
        return str(error)


def store_all(pairs: list[Pair], longest_side: int, processes: int) -> Stored:
    """Return for each picture name its stored image or the reason of its rejection; the order is that of the pairs."""
    pictures = {picture.name: picture for pair in pairs for picture in pair.pictures}
    tasks = [(picture, longest_side) for picture in pictures.values()]
    if processes == 1:
        results = list(tqdm(map(_store_one, tasks), total=len(tasks), desc="pictures", unit="img"))
    else:
        with multiprocessing.get_context("spawn").Pool(processes) as pool:
            results = list(
                tqdm(
                    pool.imap(_store_one, tasks, chunksize=32),
                    total=len(tasks),
                    desc="pictures",
                    unit="img",
                )
            )
    return dict(zip(pictures, results, strict=True))


def find_duplicates(pairs: list[Pair], stored: dict[str, StoredImage], bits: int) -> dict[str, str]:
    """Return `{id: reason}` of pairs one of whose pictures is, by bytes or nearly, in an earlier split of `SPLIT_ORDER`.

    A picture twice in the pool stays, since finding it is a recipe's work; in the reference split only its first pair stays.
    """
    reasons: dict[str, str] = {}
    seen: set[str] = set()
    hashes: list[str] = []
    for split in SPLIT_ORDER:
        rows = [
            (pair, picture.name)
            for pair in pairs
            if pair.split == split
            for picture in pair.pictures
        ]
        distance, _ = nearest(
            hash_bits([stored[name].phash for _, name in rows]), hash_bits(hashes)
        )
        for (pair, name), apart in zip(rows, distance, strict=True):
            if stored[name].sha256 in seen:
                reasons[pair.id] = "same picture in another split"
            elif apart <= bits:
                reasons[pair.id] = "near-duplicate of a picture in another split"
        fresh = [(pair, name) for pair, name in rows if pair.id not in reasons]
        if split == "reference":
            first: set[str] = set()
            for pair, name in fresh:
                if stored[name].sha256 in first:
                    reasons[pair.id] = "same picture twice in the reference split"
                first.add(stored[name].sha256)
        seen.update(stored[name].sha256 for _, name in fresh)
        hashes += [stored[name].phash for _, name in fresh]
    return reasons


def plant(pairs: list[Pair], share: float, seed: int) -> list[int]:
    """Return for each pair the index of the one whose text it carries: its own where nothing was planted.

    `round(share * pairs)` pairs with one image are drawn and their texts swapped among each other, so that none carries the caption
    or the concept of its own.

    Raises:
        UserError: a share outside 0-1, or too few different captions to swap.
    """
    if not 0 <= share <= 1:
        raise UserError(f"params.yaml: pool.planted_share is {share}; it must lie between 0 and 1")
    rng = np.random.default_rng([seed, zlib.crc32(b"planted")])
    single = np.array(
        [k for k, pair in enumerate(pairs) if len(pair.pictures) == 1], dtype=np.int64
    )
    drawn = single[rng.permutation(len(single))[: round(share * len(pairs))]]
    captions = [caption_of_text(pair.text).casefold() for pair in pairs]
    donors = list(range(len(pairs)))

    def same(row: int, donor: int) -> bool:
        concept = pairs[row].concept
        return captions[row] == captions[donor] or (
            concept != "" and concept == pairs[donor].concept
        )

    given = drawn[rng.permutation(len(drawn))]
    for _ in range(100):
        clashes = [k for k in range(len(drawn)) if same(drawn[k], given[k])]
        if not clashes:
            break
        for k in clashes:
            other = int(rng.integers(len(drawn)))
            given[k], given[other] = given[other], given[k]
    else:
        raise UserError(
            f"params.yaml: pool.planted_share={share} draws {len(drawn)} pairs with too few different captions to swap; lower it"
        )
    for row, donor in zip(drawn, given, strict=True):
        donors[row] = int(donor)
    return donors


def check_rejects(refused: list[Refused], total: int, max_share: float) -> None:
    """Fail where too many pairs are unusable.

    Raises:
        UserError: nothing usable, or a larger share of rejects than `max_share`; the reasons are counted.
    """
    share = len(refused) / max(1, total)
    if refused and (share > max_share or len(refused) == total):
        reasons = ", ".join(
            f"{count} {reason}" for reason, count in _count_reasons(refused).items()
        )
        raise UserError(
            f"{len(refused)} of {total} pairs are unusable ({reasons}); pool.max_reject_share allows {max_share:.0%}"
        )


def _count_reasons(refused: list[Refused]) -> dict[str, int]:
    counts = Counter(one.reason.split(":")[0] for one in refused)
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _table(pairs: list[Pair], texts: dict[str, str], stored: dict[str, StoredImage]) -> pa.Table:
    rows = []
    for pair in pairs:
        names = [picture.name for picture in pair.pictures]
        images = [stored[name] for name in names]
        rows.append(
            {
                "id": pair.id,
                "text": texts.get(pair.id, pair.text),
                "images": names,
                "image_sha256": [image.sha256 for image in images],
                "width": [image.width for image in images],
                "height": [image.height for image in images],
                "size_bytes": [image.size_bytes for image in images],
                "phash": [image.phash for image in images],
                "source": pair.source,
                "style": pair.style,
                "concept": pair.concept,
                "group": pair.group,
                "split": pair.split,
            }
        )
    return pa.Table.from_pylist(rows, schema=SAMPLE_SCHEMA)


def _image_bytes(pairs: list[Pair], stored: dict[str, StoredImage]) -> Iterator[tuple[str, bytes]]:
    """Yield every picture of the pairs once; a photo is read again and must not have changed since it was decoded."""
    pictures = {picture.name: picture for pair in pairs for picture in pair.pictures}
    for name, picture in tqdm(pictures.items(), desc="images.zip", unit="img"):
        data = stored[name].data or picture_bytes(picture)
        if picture.kind == "photo" and sha256_of_bytes(data) != stored[name].sha256:
            raise UserError(f"{picture.path} changed while the pool was made; run again")
        yield name, data


def write_pool(
    kept: list[Pair],
    stored: dict[str, StoredImage],
    refused: list[Refused],
    source: SourceSettings,
    settings: PoolSettings,
) -> None:
    """Plant the mismatches, then write the tables, the pictures and the card."""
    pool = [pair for pair in kept if pair.split == "pool"]
    share = (
        settings.planted_share
        if settings.planted_share is not None
        else 0.0
        if source.own_pairs
        else 0.5
    )
    donors = plant(pool, share, settings.seed)
    texts = {pair.id: pool[donor].text for pair, donor in zip(pool, donors, strict=True)}
    planted = [
        {
            "id": pair.id,
            "planted": donor != k,
            "original_text": pair.text,
            "donor_id": pool[donor].id if donor != k else "",
        }
        for k, (pair, donor) in enumerate(zip(pool, donors, strict=True))
    ]
    write_table(OUTPUT / "samples.parquet", _table(kept, texts, stored))
    write_images(OUTPUT / "images.zip", _image_bytes(kept, stored))
    write_table(
        OUTPUT / "rejects.parquet",
        pa.Table.from_pylist([dataclasses.asdict(one) for one in refused], schema=REJECT_SCHEMA),
    )
    write_table(OUTPUT / "planted.parquet", pa.Table.from_pylist(planted, schema=PLANTED_SCHEMA))
    counts = Counter((pair.split, pair.source) for pair in kept)
    concepts = {
        split: {pair.concept for pair in kept if pair.split == split and pair.concept}
        for split in SPLIT_ORDER
    }
    manifest = read_json(MANIFEST)
    card = {
        "source": source.name,
        "samples": {
            split: {s: counts[split, s] for s in sorted({s for x, s in counts if x == split})}
            for split in SPLIT_ORDER
        },
        "concepts": {split: len(names) for split, names in concepts.items()},
        "planted": sum(row["planted"] for row in planted),
        "rejected": _count_reasons(refused),
        "licences": {
            entry["package"] or entry["file"]: entry["licence"] for entry in manifest["files"]
        },
        "sha256": {name: sha256_of_file(OUTPUT / name) for name in TABLES},
    }
    write_json(OUTPUT / "card.json", card)


def main() -> dict[str, int]:
    params = load_params()
    source = read_source(params)
    settings = read_settings(PoolSettings, params.get("pool"), "params.yaml: pool")
    if not MANIFEST.is_file():
        raise UserError(f"{MANIFEST} does not exist; run `snakemake --cores all {ARCHIVES}`")
    pairs, refused = gather(source, settings)
    judged = {pair.id for pair in pairs if pair.split == "pool" or not source.own_pairs} | {
        one.id for one in refused
    }
    results = store_all(pairs, settings.longest_side, threads())
    stored = {name: image for name, image in results.items() if isinstance(image, StoredImage)}
    usable = []
    for pair in pairs:
        reasons = [
            result for picture in pair.pictures if isinstance(result := results[picture.name], str)
        ]
        if reasons:
            refused.append(
                Refused(pair.id, tuple(picture.name for picture in pair.pictures), reasons[0])
            )
        else:
            usable.append(pair)
    check_rejects(
        [one for one in refused if one.id in judged], len(judged), settings.max_reject_share
    )
    duplicates = find_duplicates(usable, stored, settings.near_duplicate_bits)
    for pair in usable:
        if pair.id in duplicates:
            reason = f"{duplicates[pair.id]}: {pair.split}"
            refused.append(
                Refused(pair.id, tuple(picture.name for picture in pair.pictures), reason)
            )
    write_pool(
        [pair for pair in usable if pair.id not in duplicates], stored, refused, source, settings
    )
    return {"samples": len(pairs)}


if __name__ == "__main__":
    run_step(main)
