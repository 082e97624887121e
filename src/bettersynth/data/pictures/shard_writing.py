"""Writing a folder of tar shards of pictures, which `ShardFolder` reads.

    SOURCE-00000.tar    KEY.jpg and KEY.json of each picture, as webdataset has them
    index.npy           uint64 [4, pictures]: see `INDEX_ROWS`
    names.jsonl         the pictures' names in the order in which they were given
    shards.json         bytes, pictures and sha256 of each shard

KEY is the hash of the picture's name. A source has shards of its own, and their bytes depend on its
own pictures alone: where a source is added, no shard of another changes, and DVC, which stores each
file of a folder by its hash, stores the new ones alone.
"""

from __future__ import annotations

import hashlib
import json
import tarfile
import urllib.parse
import zlib
from array import array
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import numpy as np

from bettersynth.data.files.whole_folder import whole_folder
from bettersynth.data.files.writing import naming_in_errors, sync, write_json

INDEX = "index.npy"
NAMES = "names.jsonl"
SHARDS = "shards.json"
# `hash` of the name, sorted; `place` of the first byte, counted through all shards in the order of
# shards.json; bytes; CRC-32 of the bytes
INDEX_ROWS = ("hash", "place", "length", "crc")
# of a picture that no source is told of
NO_SOURCE = "pictures"
# a shard is closed before it would grow larger
SHARD_MB = 256
MB = 10**6
# a tar ends with two empty blocks
END = bytes(2 * tarfile.BLOCKSIZE)


def told_nothing(name: str) -> Mapping[str, str]:
    """Return what is known of a picture of which nothing but its name is known."""
    return {}


def write_images(
    folder: str | Path,
    images: Iterable[tuple[str, bytes]],
    about: Callable[[str], Mapping[str, str]] = told_nothing,
    shard_mb: int = SHARD_MB,
) -> None:
    """Write `(name, bytes)` pairs as a folder of tar shards: the whole of it or nothing.

    `about` gives what KEY.json holds of a picture beside its name: `id`, `caption` and `source`, by
    which pictures go to shards. The bytes depend on names, contents and what `about` gives alone.

    Raises:
        ValueError: two pictures have one name.
    """
    folder = Path(folder)
    with whole_folder(folder) as fresh, naming_in_errors(folder):
        shards: dict[str, _SourceShards] = {}
        with open(fresh / NAMES, "w", encoding="utf-8") as names:
            for name, content in images:
                known = about(name)
                source = known.get("source", NO_SOURCE)
                if source not in shards:
                    shards[source] = _SourceShards(fresh, source, shard_mb * MB)
                shards[source].add(name, content, json.dumps({"name": name, **known}).encode())
                names.write(json.dumps(name) + "\n")
        _write_index(fresh, [shards[source] for source in sorted(shards)])
        for path in fresh.iterdir():
            sync(path)


def hash_of_name(name: str) -> int:
    """Return 64 bits that stand for a picture's name."""
    digest = hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8)
    return int.from_bytes(digest.digest(), "big")


class _SourceShards:
    """The shards of one source, of which the last one is being filled.

    Each holds `counts` pictures in `sizes` bytes, whose SHA-256 is taken as they are written; of
    each picture: the hash of its name, its place in its shard, its length in bytes and its CRC-32.
    """

    def __init__(self, folder: Path, source: str, limit: int):
        self._folder = folder
        # quoted: a source may be called as no file can be
        self._source = urllib.parse.quote(source, safe="")
        self._limit = limit
        self.paths: list[Path] = []
        self.counts: list[int] = []
        self.sizes: list[int] = []
        self.hashes: list[hashlib._Hash] = []
        # 8 bytes a number, where a list would take 40
        self.pictures = {row: array("Q") for row in INDEX_ROWS}

    def add(self, name: str, content: bytes, described: bytes) -> None:
        """Write a picture and what is known of it."""
        name_hash = hash_of_name(name)
        key = f"{name_hash:016x}"
        header = _header(key + Path(name).suffix.lower(), content)
        sample = header + _padded(content) + _header(f"{key}.json", described) + _padded(described)
        if not self.paths or self.sizes[-1] + len(sample) + len(END) > self._limit:
            self.finish()
            self.paths.append(self._folder / f"{self._source}-{len(self.paths):05d}.tar")
            self.counts.append(0)
            self.sizes.append(0)
            self.hashes.append(hashlib.sha256())
        start = self.sizes[-1] + len(header)
        for row, number in zip(
            INDEX_ROWS, (name_hash, start, len(content), zlib.crc32(content)), strict=True
        ):
            self.pictures[row].append(number)
        self.counts[-1] += 1
        self._append(sample)

    def finish(self) -> None:
        """End the last shard."""
        if self.paths:
            self._append(END)

    def _append(self, content: bytes) -> None:
        # no file stays open: what fails on the way has none to close
        with open(self.paths[-1], "ab") as stream:
            stream.write(content)
        self.sizes[-1] += len(content)
        self.hashes[-1].update(content)


def _write_index(folder: Path, sources: list[_SourceShards]) -> None:
    rows: dict[str, list[np.ndarray]] = {row: [np.zeros(0, np.uint64)] for row in INDEX_ROWS}
    listed = {}
    first = 0
    for source in sources:
        source.finish()
        # where each shard begins, were they one file
        ends = first + np.cumsum(source.sizes, dtype=np.uint64)
        begins = ends - np.asarray(source.sizes, np.uint64)
        first = int(ends[-1])
        for row, numbers in source.pictures.items():
            shift = np.repeat(begins, source.counts) if row == "place" else np.uint64(0)
            rows[row].append(np.asarray(numbers) + shift)
        shards = zip(source.paths, source.counts, source.sizes, source.hashes, strict=True)
        for path, count, size, sha256 in shards:
            listed[path.name] = {"bytes": size, "pictures": count, "sha256": sha256.hexdigest()}
    index = np.stack([np.concatenate(rows[row]) for row in INDEX_ROWS])
    index = index[:, np.argsort(index[0], kind="stable")]
    hashes = index[0]
    if (hashes[1:] == hashes[:-1]).any():
        raise ValueError(f"two pictures in {folder.parent} have one name")
    np.save(folder / INDEX, index)
    write_json(folder / SHARDS, {"pictures": len(hashes), "shards": listed})


def _header(name: str, content: bytes) -> bytes:
    # no owner and no time: equal pictures, equal bytes
    member = tarfile.TarInfo(name)
    member.size = len(content)
    return member.tobuf(tarfile.USTAR_FORMAT)


def _padded(content: bytes) -> bytes:
    return content + bytes(-len(content) % tarfile.BLOCKSIZE)
