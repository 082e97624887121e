"""Make the sample table: render or decode every picture once, split, remove near-duplicates across splits, plant mismatched captions.

Writes `data/pool/`: `samples.parquet`, `images.zip`, `rejects.parquet` (what could not be used, with the reason), `planted.parquet`
(which pool captions were swapped; no recipe reads it) and `card.json` (counts).
"""

from __future__ import annotations

import dataclasses
import multiprocessing
import zlib
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from tqdm import tqdm

from bettersynth.errors import UserError, run_step
from bettersynth.files import read_json, sha256_of_file, write_json, write_table
from bettersynth.images import BadImage, write_images
from bettersynth.params import load_params, read_settings, threads
from bettersynth.phash import hash_bits, nearest
from bettersynth.samples import SAMPLE_SCHEMA, text_of_caption
from bettersynth.sources.clipart import ClipartSettings, read_clipart
from bettersynth.sources.emoji import EmojiSettings, read_emoji_pictures
from bettersynth.sources.picture import Picture, StoredImage, store

OUTPUT = Path("data/pool")
SPLIT_ORDER = ("benchmark", "instruction", "pool", "reference")  # of near-duplicates the earlier split keeps its copy
REJECT_SCHEMA = pa.schema([("id", pa.string()), ("images", pa.list_(pa.string())), ("reason", pa.string())])
PLANTED_SCHEMA = pa.schema([("id", pa.string()), ("planted", pa.bool_()), ("original_text", pa.string()), ("donor_id", pa.string())])


@dataclasses.dataclass(frozen=True)
class Settings:
    """The section `pool`.

    `longest_side`: pixels of a rendered drawing. `planted_share`: of the pool's captions, how many are swapped among each other (0-1).
    `near_duplicate_bits`: pictures of two splits whose perceptual hashes differ in at most so many of 64 bits count as the same (-1:
    only identical bytes). `max_reject_share`: more unusable samples than this share fail the step.
    """

    seed: int = 0
    longest_side: int = 160
    planted_share: float = 0.5
    near_duplicate_bits: int = 4
    max_reject_share: float = 0.1
    clipart: ClipartSettings = dataclasses.field(default_factory=ClipartSettings)
    emoji: EmojiSettings = dataclasses.field(default_factory=EmojiSettings)


def _try_to_store(task: tuple[Picture, int]) -> StoredImage | str:
    """Return the stored image, or the reason why there is none."""
    picture, longest_side = task
    try:
        return store(picture, longest_side)
    except BadImage as error:
        return str(error)


def store_all(pictures: list[Picture], longest_side: int, processes: int) -> list[StoredImage | str]:
    """Return for each picture its stored image or the reason of its rejection, in the given order."""
    tasks = [(picture, longest_side) for picture in pictures]
    if processes == 1:
        return [_try_to_store(task) for task in tqdm(tasks, desc="pictures", unit="img")]
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        return list(tqdm(pool.imap(_try_to_store, tasks, chunksize=64), total=len(tasks), desc="pictures", unit="img"))


def find_duplicates(splits: list[str], sha256s: list[str], hashes: list[str], bits: int) -> dict[int, str]:
    """Return `{row: reason}` of rows whose picture is, by bytes or nearly, in an earlier split of `SPLIT_ORDER`.

    Within the reference split identical pictures count too; within the others they stay.
    """
    values = hash_bits(hashes)
    reasons: dict[int, str] = {}
    kept: list[int] = []
    seen: set[str] = set()
    for split in SPLIT_ORDER:
        rows = [row for row, name in enumerate(splits) if name == split]
        distance, _ = nearest(values[rows], values[kept])
        fresh = []
        for row, bits_apart in zip(rows, distance, strict=True):
            if sha256s[row] in seen:
                reasons[row] = "same picture in another split"
            elif bits_apart <= bits:
                reasons[row] = "near-duplicate of a picture in another split"
            else:
                fresh.append(row)
        kept += fresh
        seen.update(sha256s[row] for row in fresh)
        if split == "reference":
            first: set[str] = set()
            for row in fresh:
                if sha256s[row] in first:
                    reasons[row] = "same picture twice in the reference split"
                first.add(sha256s[row])
    return reasons


def plant(ids: list[str], captions: list[str], concepts: list[str], share: float, seed: int) -> list[int]:
    """Return for each sample the index of the one whose caption it carries (its own where nothing was planted).

    `round(share * samples)` samples are drawn and their captions swapped among each other so that none carries the caption or the
    concept of its own.

    Raises:
        UserError: too few different captions to swap.
    """
    rng = np.random.default_rng([seed, zlib.crc32(b"planted")])
    drawn = rng.permutation(len(ids))[: round(share * len(ids))]
    donors = list(range(len(ids)))
    if len(drawn) == 0:
        return donors

    def same(row: int, donor: int) -> bool:
        return captions[row] == captions[donor] or (concepts[row] != "" and concepts[row] == concepts[donor])

    given = drawn[rng.permutation(len(drawn))]
    for _ in range(100):
        clashes = [k for k in range(len(drawn)) if same(drawn[k], given[k])]
        if not clashes:
            break
        for k in clashes:
            other = int(rng.integers(len(drawn)))
            given[k], given[other] = given[other], given[k]
    else:
        raise UserError(f"pool.planted_share={share}: the {len(drawn)} samples drawn have too few different captions to swap; lower it")
    for row, donor in zip(drawn, given, strict=True):
        donors[row] = int(donor)
    return donors


def gather(archives: dict[str, Path], settings: Settings) -> list[Picture]:
    """Return the pictures of all packages, sorted by id."""
    pictures = read_emoji_pictures(archives, settings.emoji, settings.seed) + read_clipart(archives, settings.clipart, settings.seed)
    return sorted(pictures, key=lambda picture: picture.id)


def _rejects(rows: Iterable[tuple[Picture, str]]) -> pa.Table:
    values = [{"id": picture.id, "images": [f"{picture.id}.{picture.extension}"], "reason": reason} for picture, reason in rows]
    return pa.Table.from_pylist(values, schema=REJECT_SCHEMA)


def main() -> None:
    params = load_params()
    settings = read_settings(Settings, params.get("pool"), "params.yaml: pool")
    folder = Path("data/archives")
    manifest = read_json(folder / "manifest.json")
    archives = {entry["package"]: folder / entry["file"] for entry in manifest["files"]}
    pictures = gather(archives, settings)
    stored = store_all(pictures, settings.longest_side, threads())
    rejected = [(picture, image) for picture, image in zip(pictures, stored, strict=True) if isinstance(image, str)]
    good = [(picture, image) for picture, image in zip(pictures, stored, strict=True) if isinstance(image, StoredImage)]
    duplicates = find_duplicates(
        [p.split for p, _ in good], [i.sha256 for _, i in good], [i.phash for _, i in good], settings.near_duplicate_bits
    )
    dropped = [(good[row][0], reason) for row, reason in sorted(duplicates.items())]
    kept = [pair for row, pair in enumerate(good) if row not in duplicates]
    write_pool(kept, rejected, dropped, settings, manifest)


def write_pool(
    kept: list[tuple[Picture, StoredImage]],
    rejected: list[tuple[Picture, str]],
    dropped: list[tuple[Picture, str]],
    settings: Settings,
    manifest: dict[str, Any],
) -> None:
    """Plant the mismatches, then write the tables, the pictures and the card."""
    pool = [picture for picture, _ in kept if picture.split == "pool"]
    donors = plant([p.id for p in pool], [p.caption for p in pool], [p.concept for p in pool], settings.planted_share, settings.seed)
    caption = {picture.id: pool[donor].caption for picture, donor in zip(pool, donors, strict=True)}
    planted = [
        {"id": p.id, "planted": donor != k, "original_text": text_of_caption(p.caption), "donor_id": pool[donor].id if donor != k else ""}
        for k, (p, donor) in enumerate(zip(pool, donors, strict=True))
    ]
    rows = [
        {
            "id": picture.id,
            "text": text_of_caption(caption.get(picture.id, picture.caption)),
            "images": [f"{picture.id}.{picture.extension}"],
            "image_sha256": [image.sha256],
            "width": [image.width],
            "height": [image.height],
            "size_bytes": [len(image.data)],
            "phash": [image.phash],
            "source": picture.source,
            "style": picture.style,
            "concept": picture.concept,
            "group": picture.group,
            "split": picture.split,
        }
        for picture, image in kept
    ]
    write_table(OUTPUT / "samples.parquet", pa.Table.from_pylist(rows, schema=SAMPLE_SCHEMA))
    write_images(OUTPUT / "images.zip", ((f"{picture.id}.{picture.extension}", image.data) for picture, image in kept))
    write_table(OUTPUT / "rejects.parquet", _rejects([*rejected, *dropped]))
    write_table(OUTPUT / "planted.parquet", pa.Table.from_pylist(planted, schema=PLANTED_SCHEMA))
    counts: dict[str, dict[str, int]] = {}
    for picture, _ in kept:
        by_source = counts.setdefault(picture.split, {})
        by_source[picture.source] = by_source.get(picture.source, 0) + 1
    concepts = {split: len({p.concept for p, _ in kept if p.split == split and p.concept}) for split in SPLIT_ORDER}
    card = {
        "samples": {split: dict(sorted(by_source.items())) for split, by_source in sorted(counts.items())},
        "concepts": concepts,
        "planted": sum(row["planted"] for row in planted),
        "rejected": dict(sorted(Counter(reason.split(":")[0] for _, reason in rejected).items())),
        "duplicates": dict(sorted(Counter(f"{picture.split}: {reason}" for picture, reason in dropped).items())),
        "licences": {entry["package"]: entry["licence"] for entry in manifest["files"]},
        "sha256": {name: sha256_of_file(OUTPUT / name) for name in ("samples.parquet", "images.zip", "planted.parquet", "rejects.parquet")},
    }
    write_json(OUTPUT / "card.json", card)


if __name__ == "__main__":
    run_step(main)
