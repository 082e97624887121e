"""The challenge's seed set: resumable downloads, and unpacking that nothing can escape from."""

from __future__ import annotations

import dataclasses
import http.client
import tarfile
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tqdm import tqdm

from bettersynth.data.files.hashing import sha256_of_file
from bettersynth.data.files.reading import parse_json, read_json
from bettersynth.data.files.writing import write_json
from bettersynth.errors import UserError
from bettersynth.settings.one_source import Download

# the archive has gigabytes: a broken transfer is the rule, and each try goes on where the last
# ended
TRIES = 5
TIMEOUT_SECONDS = 60
BLOCK_BYTES = 1 << 20
# statuses that another try will not change
HOPELESS = (401, 403, 404, 410)
REFUSED = "it was refused"


def download(base_address: str, wanted: Download, folder: Path, pause_seconds: float = 2.0) -> Path:
    """Return the path of a file of `base_address` in `folder`, downloaded if it is not there.

    Broken transfers are resumed.

    Raises:
        UserError: it cannot be had after `TRIES` tries, or has another sha256 than the pinned one.
    """
    path = folder / wanted.file
    address = f"{base_address.rstrip('/')}/{wanted.address}"
    partial = folder / f"{wanted.file}.part"
    for attempt in range(1, TRIES + 1):
        if path.is_file():
            break
        try:
            _transfer(address, partial)
            partial.replace(path)
            _version_file(partial).unlink(missing_ok=True)
        except (
            urllib.error.URLError,
            http.client.HTTPException,
            TimeoutError,
            ConnectionError,
        ) as error:
            hopeless = isinstance(error, urllib.error.HTTPError) and error.code in HOPELESS
            if hopeless or attempt == TRIES:
                reason = getattr(error, "reason", None) or error
                raise UserError(
                    f"{address} could not be downloaded ({reason}); "
                    f"put {wanted.file} into {folder} by hand and run again"
                ) from None
            time.sleep(pause_seconds * attempt)
    if wanted.sha256:
        sha256 = sha256_of_file(path)
        if sha256 != wanted.sha256:
            raise UserError(
                f"{path} has sha256 {sha256}, expected is {wanted.sha256}; delete it and run again"
            )
    return path


def _transfer(address: str, partial: Path) -> None:
    """Fetch what is still missing of `partial`.

    It is begun anew where the server ignores the range, or does not show that its file is still
    the one that `partial` is the start of.
    """
    have = partial.stat().st_size if partial.exists() else 0
    version = _read_version(partial) if have else None
    if have and not (version and version.condition()):
        print(f"{partial}: nothing says of which version of the file it is; begun anew")
        have = 0
    headers = {}
    if have and version:
        headers = {"Range": f"bytes={have}-", "If-Range": version.condition()}
    try:
        response = urllib.request.urlopen(
            urllib.request.Request(address, headers=headers), timeout=TIMEOUT_SECONDS
        )
    except urllib.error.HTTPError as error:
        # nothing is missing, or the file has shrunk
        if error.code == 416 and have and version:
            if version == FileVersion.of(error, have) and version.size == have:
                return
            partial.unlink()
        raise
    with response:
        # 200 is the whole file again, whatever was asked for
        already = have if response.status == 206 else 0
        offered = FileVersion.of(response, already)
        if already and offered != version:
            partial.unlink()
            raise ConnectionError(f"{address} is another version than the one begun")
        if have and not already:
            print(f"{address} is another version than the one begun, or comes whole: begun anew")
        if not already:
            # Before the first byte, so that no byte is there without the version it is of
            partial.unlink(missing_ok=True)
            write_json(_version_file(partial), dataclasses.asdict(offered))
        _write_on(partial, response, already, offered.size)
        if offered.size is not None and partial.stat().st_size != offered.size:
            raise http.client.IncompleteRead(b"", max(0, offered.size - partial.stat().st_size))


@dataclass(frozen=True)
class FileVersion:
    """What a server says of a file that differs between two versions of it."""

    etag: str
    modified: str
    size: int | None  # bytes of the whole file, None where it is not told

    @classmethod
    def of(cls, response: Any, already: int) -> FileVersion:
        """Return the version that an answer is of; it begins after `already` bytes."""
        headers = response.headers
        whole = (headers.get("Content-Range") or "").rpartition("/")[2]
        if not whole.isdecimal():
            length = headers.get("Content-Length") or ""
            whole = str(int(length) + already) if length.isdecimal() else ""
        size = int(whole) if whole else None
        return cls(headers.get("ETag") or "", headers.get("Last-Modified") or "", size)

    def condition(self) -> str:
        """Return what `If-Range` may name: a weak ETag does not promise equal bytes."""
        if self.etag and not self.etag.startswith("W/"):
            return self.etag
        return self.modified


def _version_file(partial: Path) -> Path:
    return partial.with_name(f"{partial.name}.version.json")


def _read_version(partial: Path) -> FileVersion | None:
    try:
        return FileVersion(**read_json(_version_file(partial)))
    except (FileNotFoundError, UserError, TypeError):
        return None


def _write_on(
    partial: Path, response: http.client.HTTPResponse, already: int, total: int | None
) -> None:
    """Append a response's bytes to a file that holds `already` bytes; 0 begins it anew."""
    progress = tqdm(total=total, initial=already, unit="B", unit_scale=True, desc=partial.stem)
    with progress, open(partial, "ab" if already else "wb") as stream:
        while block := response.read(BLOCK_BYTES):
            stream.write(block)
            progress.update(len(block))


def unpack(archive: Path, folder: Path) -> int:
    """Unpack the regular files of a tarball into `folder` and return how many there are.

    Raises:
        UserError: a member would lie outside the folder, is a link or a device, or the archive is
            incomplete.
    """
    folder.mkdir(parents=True, exist_ok=True)
    count = 0
    try:
        with tarfile.open(archive, "r:*") as tar:
            for member in tqdm(tar, desc=archive.name, unit="file"):
                if not (member.isfile() or member.isdir()):
                    raise UserError(
                        f"{archive}: member {member.name!r} is a link or a device; {REFUSED}, "
                        "only files are unpacked"
                    )
                # the filter refuses paths outside the folder, and drops owners and set-uid bits
                tar.extract(member, folder, filter="data")
                count += member.isfile()
    except tarfile.FilterError as error:
        raise UserError(f"{archive}: {' '.join(str(error).split())}; {REFUSED}") from None
    except (tarfile.TarError, EOFError) as error:
        raise UserError(
            f"{archive} is not a complete archive ({error}); delete it and run again"
        ) from None
    return count


def lift(folder: Path, pairs: Path) -> None:
    """Move the contents of `folder`'s only subfolder up, if the pairs name their pictures so.

    Some tarballs are packed with a folder around everything.
    """
    with open(pairs, encoding="utf-8") as stream:
        try:
            name = parse_json(stream.readline(), str(pairs))["images"][0]
        except (UserError, ValueError, KeyError, IndexError, TypeError):
            # reading the pairs will say what is wrong
            return
    inner = list(folder.iterdir())
    if len(inner) != 1 or (folder / name).exists() or not (inner[0] / name).is_file():
        return
    # Renamed first: the subfolder may hold something of its own name.
    apart = inner[0].rename(folder / ".unpacked")
    for path in apart.iterdir():
        path.rename(folder / path.name)
    apart.rmdir()
