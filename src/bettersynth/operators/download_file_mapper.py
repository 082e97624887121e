"""Download the files that a field names, and write their paths in the place of the addresses."""

from __future__ import annotations

import os
import re
import urllib.parse
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from bettersynth.data.files.addresses import is_address
from bettersynth.data.files.hashing import sha256_of_bytes
from bettersynth.data.files.public_download import NoDownload, download
from bettersynth.data.files.writing import complete_or_absent
from bettersynth.data.samples.batch import Batch
from bettersynth.errors import UserError
from bettersynth.measuring.protocols import Made

READS = ("fields",)
WHERE = "download_file_mapper"
STEM_CHARACTERS = 60


@dataclass(frozen=True)
class Settings:
    """`download_field` holds an address (http, https) a row, or a list of them; paths stay.

    Files lie in `save_dir`, by default the folder download_file_mapper beside the export; one that
    is there is not asked for again. `timeout` in seconds is for a whole file, `max_mb` in 2**20
    bytes. A machine of the own network is asked only with `allow_private`.
    """

    BOUNDS: ClassVar = {"timeout": (0.001, 86_400), "max_concurrent": (1, 256), "max_mb": (0, 1024)}

    download_field: str | None = None
    save_dir: str | None = None
    save_field: str | None = None
    resume_download: bool = True
    timeout: float = 30
    max_concurrent: int = 10
    max_mb: float = 20
    allow_private: bool = False
    keep_original_sample: bool = False

    def __post_init__(self) -> None:
        if self.save_field:
            raise UserError(
                f"{WHERE}: save_field would put the content of files into rows, which is not done "
                "here; leave it out, and the files lie in save_dir"
            )


def require_complete(settings: Settings) -> None:
    """Pass if a field is named.

    Raises:
        UserError: none is.
    """
    if not settings.download_field:
        raise UserError(f"{WHERE}: download_field names no field, such as `download_field: url`")


def keys_read(settings: Settings) -> list[str]:
    """Return the key of the field that holds the addresses."""
    return [settings.download_field or ""]


def open_maker(settings: Settings, folder: Path) -> Maker:
    """Return what downloads during one run."""
    return Maker(settings, folder)


class Maker:
    """Downloads what the rows of one batch after the other name."""

    def __init__(self, settings: Settings, folder: Path):
        self.settings = settings
        self.folder = folder
        self.place = folder / (settings.save_dir or WHERE)

    def make(self, batch: Batch) -> tuple[list[list[Made]], dict[int, str]]:
        """Return each row with paths beside the export in the place of the addresses.

        Beside them, the reasons of rows with an address whose file cannot be had.
        """
        key = self.settings.download_field or ""
        addresses: dict[str, None] = {}
        bad: dict[int, str] = {}
        for position, row in enumerate(batch.rows):
            names = _names_in(row.get(key))
            if names is None:
                bad[position] = f"{key} holds no address"
                continue
            addresses.update(dict.fromkeys(filter(is_address, names)))
        failures = self._download(list(addresses))
        made: list[list[Made]] = []
        for position, row in enumerate(batch.rows):
            names = _names_in(row.get(key)) or []
            reasons = [f"{name}: {failures[name]}" for name in names if name in failures]
            if reasons:
                bad[position] = reasons[0]
            if position in bad:
                made.append([])
                continue
            paths = [self._path_in_row(name) for name in names]
            value: Any = paths if isinstance(row.get(key), list) else next(iter(paths), None)
            new = Made(batch.texts[position], list(batch.images[position]), fields={key: value})
            made.append([new])
        return made, bad

    def _path_in_row(self, name: str) -> str:
        return os.path.relpath(self._file(name), self.folder) if is_address(name) else name

    def _file(self, address: str) -> Path:
        """Return where an address is kept: two with one file name are two files."""
        name = urllib.parse.unquote(Path(urllib.parse.urlsplit(address).path).name)
        stem, ending = os.path.splitext(re.sub(r"[^A-Za-z0-9._-]", "_", name))
        key = sha256_of_bytes(address.encode())[:16]
        return self.place / f"{stem[:STEM_CHARACTERS].lstrip('.')}_{key}{ending[:10]}"

    def _download(self, addresses: Sequence[str]) -> dict[str, str]:
        """Write the files that are not there yet; returns why some cannot be had."""
        failures: dict[str, str] = {}
        missing = [address for address in addresses if not self._file(address).exists()]
        for address, future in self._answers(missing):
            try:
                content = future.result()
            except NoDownload as failure:
                failures[address] = str(failure)
                continue
            # here and not in the threads: a file's rights are read from the whole process
            with complete_or_absent(self._file(address)) as temporary:
                temporary.write_bytes(content)
        return failures

    def _answers(self, addresses: Sequence[str]) -> Iterator[tuple[str, Future[bytes]]]:
        """Yield each address with its content as it comes; few are held in memory at a time."""
        settings = self.settings
        todo = iter(addresses)
        under_way: dict[Future[bytes], str] = {}
        with ThreadPoolExecutor(settings.max_concurrent) as pool:
            while True:
                while len(under_way) < settings.max_concurrent:
                    address = next(todo, None)
                    if address is None:
                        break
                    limit = int(settings.max_mb * 2**20)
                    asked = (address, settings.timeout, limit, settings.allow_private)
                    under_way[pool.submit(download, *asked)] = address
                if not under_way:
                    return
                for future in wait(under_way, return_when=FIRST_COMPLETED).done:
                    yield under_way.pop(future), future

    def close(self) -> None:
        """There is nothing to close: files are written one by one."""


def _names_in(value: Any) -> list[str] | None:
    """Return the addresses and paths that a field holds, None where it holds something else."""
    if value is None:
        return []
    names = value if isinstance(value, list) else [value]
    return names if all(isinstance(name, str) and name for name in names) else None
