"""A folder of tar shards of pictures, as `write_images` writes it: a picture's bytes by its name.

The index is mapped into memory, 32 bytes a picture, and shared by all processes that read it. An
address such as s3://BUCKET/FOLDER is read through fsspec, a picture by one request for its bytes.
"""

from __future__ import annotations

import bisect
import functools
import io
import json
import os
import zlib
from collections.abc import Mapping
from itertools import accumulate
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from bettersynth.data.files.addresses import failing_in_one_line, is_address, without_login
from bettersynth.data.files.reading import brought_back, parse_json, require_mapping
from bettersynth.data.pictures.shard_writing import (
    INDEX,
    INDEX_ROWS,
    NAMES,
    SHARDS,
    hash_of_name,
)
from bettersynth.errors import UserError
from bettersynth.settings.regular_files import folder_is_there

# a process may have about 1,000 files open
OPEN_SHARDS = 256


class Files(Protocol):
    """Where the files of a folder lie."""

    def sizes(self) -> dict[str, int]:
        """Return the bytes of each file."""

    def whole(self, name: str) -> bytes:
        """Return a file's content."""

    def array(self, name: str) -> np.ndarray:
        """Return the array of a .npy file."""

    def part(self, name: str, start: int, length: int) -> bytes:
        """Return so many bytes of a file, or those that there are."""

    def shown(self) -> str:
        """Return the folder as it may be printed."""

    def remedy(self) -> str:
        """Return what to do about a damaged folder."""


class ShardFolder:
    """Read-only view of a folder of shards. It moves no place in a file, so that threads and forked
    processes may share it.

    Raises:
        UserError: no such folder, or its files are not those that were written together.
    """

    def __init__(self, place: Path | str):
        self._files: Files = (
            RemoteFolder(str(place)) if is_address(str(place)) else LocalFolder(place)
        )
        sizes = self._files.sizes()
        for name in (SHARDS, INDEX, NAMES):
            if name not in sizes:
                raise self._damaged(f"it has no {name}")
        shards, pictures = self._listed()
        for name, size in shards.items():
            if name not in sizes:
                raise self._damaged(f"it has no {name}")
            if sizes[name] != size:
                raise self._damaged(f"{name} has {sizes[name]:,} bytes, not {size:,}")
        self._shards = list(shards)
        # where each shard begins and the last one ends, were they one file
        self._begins = list(accumulate(shards.values(), initial=0))
        self._index = self._mapped(pictures)

    @property
    def nbytes(self) -> int:
        """Bytes of memory that the index takes, where all of it was looked at."""
        return self._index.nbytes

    def names(self) -> list[str]:
        """Return the pictures' names in the order in which they were written."""
        try:
            names = [json.loads(line) for line in self._files.whole(NAMES).splitlines()]
        except ValueError:
            raise self._damaged(f"{NAMES} holds no names") from None
        if len(names) != self._index.shape[1]:
            raise self._damaged(f"{NAMES} and {INDEX} are not of the same pictures")
        return names

    def __contains__(self, name: str) -> bool:
        return self._column(name) is not None

    def read(self, name: str) -> bytes:
        """Return the stored bytes of a picture.

        Raises:
            KeyError: there is none of that name.
            UserError: its bytes are not what was stored.
        """
        column = self._column(name)
        if column is None:
            raise KeyError(name)
        _, place, length, crc = self._index[:, column].tolist()
        shard = bisect.bisect_right(self._begins, place) - 1
        # an index of other shards
        if shard >= len(self._shards) or place + length > self._begins[shard + 1]:
            raise self._damaged(f"{INDEX} does not fit the shards")
        start = place - self._begins[shard]
        content = self._files.part(self._shards[shard], start, length)
        if len(content) != length or zlib.crc32(content) != crc:
            raise self._damaged(f"{name} in {self._shards[shard]} is not what {INDEX} says of it")
        return content

    def _column(self, name: str) -> int | None:
        name_hash = np.uint64(hash_of_name(name))
        hashes = self._index[0]
        column = int(hashes.searchsorted(name_hash))
        return column if column < len(hashes) and hashes[column] == name_hash else None

    def _listed(self) -> tuple[dict[str, int], int]:
        """Return the bytes of each shard, and how many pictures there are."""
        try:
            content = parse_json(self._files.whole(SHARDS), SHARDS)
            listed = require_mapping(content, SHARDS, has={"shards": dict, "pictures": int})
            sizes = {}
            for name, shard in listed["shards"].items():
                known = require_mapping(shard, f"{SHARDS}: {name}", has={"bytes": int})
                sizes[name] = known["bytes"]
        except UserError as error:
            raise self._damaged(str(error)) from None
        return sizes, listed["pictures"]

    def _mapped(self, pictures: int) -> np.ndarray:
        """Return the index, uint64 `[4, pictures]`."""
        try:
            # without the class of mapped arrays, which takes longer to look up in
            index = np.asarray(self._files.array(INDEX))
        except (ValueError, EOFError, SyntaxError, TypeError, LookupError, OverflowError):
            raise self._damaged(f"{INDEX} is no array") from None
        if index.dtype != np.uint64 or index.shape != (len(INDEX_ROWS), pictures):
            raise self._damaged(f"{INDEX} does not fit {SHARDS}")
        return index

    def _damaged(self, what: str) -> UserError:
        return UserError(f"{self._files.shown()} is damaged ({what}); {self._files.remedy()}")


class LocalFolder:
    """A folder on a disk of this machine.

    Raises:
        UserError: it does not exist, or is no folder.
    """

    def __init__(self, folder: Path | str):
        self.folder = Path(folder)
        if not folder_is_there(self.folder):
            raise UserError(
                f"{folder} does not exist; run `snakemake --cores all {folder}`"
            ) from None
        # without `self` in it, which would keep the files open until garbage is collected
        self._opened = functools.lru_cache(OPEN_SHARDS)(_OpenFile)

    def sizes(self) -> dict[str, int]:
        """Return the bytes of each file."""
        return {entry.name: entry.stat().st_size for entry in os.scandir(self.folder)}

    def whole(self, name: str) -> bytes:
        """Return a file's content."""
        return (self.folder / name).read_bytes()

    def array(self, name: str) -> np.ndarray:
        """Return the array of a .npy file, mapped into memory."""
        return np.load(self.folder / name, mmap_mode="r")

    def part(self, name: str, start: int, length: int) -> bytes:
        """Return so many bytes of a file, or those that there are."""
        return self._opened(self.folder / name).part(start, length)

    def shown(self) -> str:
        """Return the folder as it may be printed."""
        return str(self.folder)

    def remedy(self) -> str:
        """Return what to do about a damaged folder."""
        return brought_back(self.folder)


class _OpenFile:
    """A file that is closed when the last reader is done with it."""

    def __init__(self, path: Path):
        self._file = os.open(path, os.O_RDONLY)

    def __del__(self) -> None:
        # none where it could not be opened
        if hasattr(self, "_file"):
            os.close(self._file)

    def part(self, start: int, length: int) -> bytes:
        """Return so many bytes, or those that there are."""
        return os.pread(self._file, length, start)


class RemoteFolder:
    """A folder at an address that fsspec opens.

    Raises:
        UserError: by each method, where the address cannot be reached.
    """

    def __init__(self, address: str):
        import fsspec

        self.address = address
        with failing_in_one_line(address):
            self._files, self._root = fsspec.core.url_to_fs(address)

    def sizes(self) -> dict[str, int]:
        """Return the bytes of each file."""
        with failing_in_one_line(self.address):
            entries: list[Mapping[str, Any]] = self._files.ls(self._root, detail=True)
        return {entry["name"].rsplit("/", 1)[-1]: entry["size"] for entry in entries}

    def whole(self, name: str) -> bytes:
        """Return a file's content."""
        with failing_in_one_line(self.address):
            return self._files.cat_file(f"{self._root}/{name}")

    def array(self, name: str) -> np.ndarray:
        """Return the array of a .npy file."""
        return np.load(io.BytesIO(self.whole(name)))

    def part(self, name: str, start: int, length: int) -> bytes:
        """Return so many bytes of a file, or those that there are."""
        with failing_in_one_line(self.address):
            return self._files.cat_file(f"{self._root}/{name}", start=start, end=start + length)

    def shown(self) -> str:
        """Return the address as it may be printed, without a password."""
        return without_login(self.address)

    def remedy(self) -> str:
        """Return what to do about a damaged folder."""
        return "copy the whole folder there again"
