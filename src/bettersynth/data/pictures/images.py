"""The folders of shards that carry a split's pictures, and the names of pictures in them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from bettersynth.data.files.addresses import is_address, without_login
from bettersynth.data.pictures.shard_folder import ShardFolder
from bettersynth.errors import UserError


class ImageStore:
    """Read-only view of one or more folders of pictures in tar shards, by the pictures' names.

    A folder is a path, or an address of fsspec such as s3://BUCKET/FOLDER. Opened lazily, so that
    it can be handed to workers; forked ones share what is open.
    """

    def __init__(self, *folders: str | Path):
        self.folders = [path if is_address(str(path)) else Path(path) for path in folders]
        self._opened: list[ShardFolder] | None = None

    def _open(self) -> list[ShardFolder]:
        if self._opened is None:
            self._opened = [ShardFolder(folder) for folder in self.folders]
        return self._opened

    def __getstate__(self) -> dict[str, list[str | Path]]:
        return {"folders": self.folders}

    def __setstate__(self, state: dict[str, list[str | Path]]) -> None:
        self.folders = state["folders"]
        self._opened = None

    def __contains__(self, name: str) -> bool:
        return any(name in folder for folder in self._open())

    def names(self) -> list[str]:
        """Return the pictures of all folders, each once, in the order of the folders."""
        names: dict[str, None] = {}
        for folder in self._open():
            names.update(dict.fromkeys(folder.names()))
        return list(names)

    def read(self, name: str) -> bytes:
        """Return the stored bytes of one picture; the last folder that holds it has the word.

        Raises:
            UserError: no folder of this store holds it, or its bytes are not what was stored.
        """
        for folder in reversed(self._open()):
            try:
                return folder.read(name)
            except KeyError:
                continue
        shown = without_login(", ".join(map(str, self.folders)))
        raise UserError(f"{name} is in none of: {shown}")


def image_name(value: Any, nth: int, folder: Path, place: str) -> str:
    """Return the path relative to `folder` of a sample's `nth` image, as given at `place`.

    Whether there is a picture is for `read_picture` to find out: a missing one is set aside like a
    broken one.

    Raises:
        UserError: not a path, or outside the folder.
    """
    if not isinstance(value, str) or not value or "\0" in value:
        raise UserError(f"{place}: images[{nth}] must be a path, not {value!r}")
    if os.path.isabs(value):
        name = os.path.relpath(value, os.path.abspath(folder))
    else:
        name = os.path.normpath(value)
    if name == ".." or name.startswith(f"..{os.sep}"):
        raise UserError(
            f"{place}: images[{nth}] {value!r} lies outside {folder}; "
            "paths must stay in source.images"
        )
    target = (folder / name).resolve()
    if not target.is_relative_to(folder.resolve()):
        raise UserError(
            f"{place}: images[{nth}] {value!r} is a link to {target}, outside {folder}; "
            "put the picture itself there"
        )
    return Path(name).as_posix()
