"""The zip file that carries a split's pictures, and the names of pictures in it."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from bettersynth.data.files.reading import brought_back, is_there
from bettersynth.data.files.writing import complete_or_absent
from bettersynth.data.pictures.zip_index import ZipIndex
from bettersynth.errors import UserError

# the earliest a zip can hold: bytes must not depend on the day
ZIP_TIME = (1980, 1, 1, 0, 0, 0)


class ImageStore:
    """Read-only view of one or more zip files of pictures, by member name.

    Opened lazily, so that it can be handed to workers; forked ones share what is open.
    """

    def __init__(self, *paths: str | Path):
        self.paths = [Path(path) for path in paths]
        self._opened: list[ZipIndex] | None = None

    def _open(self) -> list[ZipIndex]:
        if self._opened is None:
            self._opened = [_open_zip(path) for path in self.paths]
        return self._opened

    def __getstate__(self) -> dict[str, list[Path]]:
        return {"paths": self.paths}

    def __setstate__(self, state: dict[str, list[Path]]) -> None:
        self.paths = state["paths"]
        self._opened = None

    def __contains__(self, name: str) -> bool:
        return any(name in archive for archive in self._open())

    def names(self) -> list[str]:
        """Return the members of all zip files, each once, in the order of the files."""
        names: dict[str, None] = {}
        for archive in self._open():
            names.update(dict.fromkeys(archive.names()))
        return list(names)

    def read(self, name: str) -> bytes:
        """Return the stored bytes of one picture; the last zip file that holds it has the word.

        Raises:
            UserError: no zip file of this store holds it, or its bytes are not what was stored.
        """
        for path, archive in zip(reversed(self.paths), reversed(self._open()), strict=True):
            try:
                return archive.read(name)
            except KeyError:
                continue
            except zipfile.BadZipFile as error:
                raise UserError(f"{path} is damaged ({error}); {brought_back(path)}") from None
        raise UserError(f"{name} is in none of: {', '.join(map(str, self.paths))}")


def _open_zip(path: Path) -> ZipIndex:
    # a folder can be opened, and its error, when it is read, has no name
    is_there(path)
    try:
        return ZipIndex(path)
    except FileNotFoundError:
        raise UserError(f"{path} does not exist; run `snakemake --cores all {path}`") from None
    except zipfile.BadZipFile:
        raise UserError(f"{path} is not a complete zip file; delete it and run again") from None


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


def write_images(path: str | Path, images: Iterable[tuple[str, bytes]]) -> None:
    """Write `(name, bytes)` pairs as an uncompressed zip, in the order given.

    Its bytes depend on them alone.
    """
    with (
        complete_or_absent(path) as temporary,
        zipfile.ZipFile(temporary, "w", zipfile.ZIP_STORED) as archive,
    ):
        for name, data in images:
            # stored, not packed: pictures are compressed already
            archive.writestr(zipfile.ZipInfo(name, ZIP_TIME), data)
