"""Reading package archives in pure Python: Debian packages (`ar` around a tar), npm's tarballs."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa

from bettersynth.errors import UserError

AR_MARK = b"!<arch>\n"
# of each member: name in the first 16, size in decimal at 48 to 58
AR_HEADER_BYTES = 60


def read_members(path: str | Path, wanted: Callable[[str], bool]) -> Iterator[tuple[str, bytes]]:
    """Yield (name, bytes) of the regular files whose name is wanted, in archive order.

    Names lose a leading `./`. `.deb` files may be packed with gzip, xz or zstd; anything else is
    read as a tarball.

    Raises:
        UserError: the file is missing, or no complete archive.
    """
    path = Path(path)
    try:
        with open(path, "rb") as stream, _open(path, stream) as archive:
            for member in archive:
                name = member.name.removeprefix("./")
                if member.isfile() and wanted(name):
                    content = archive.extractfile(member)
                    # a regular file always has content
                    assert content is not None
                    yield name, content.read()
    except FileNotFoundError:
        raise UserError(
            f"{path} does not exist; run `snakemake --cores all {path.parent}`"
        ) from None
    except (tarfile.TarError, EOFError, pa.ArrowException) as error:
        reason = " ".join(str(error).split())
        raise UserError(
            f"{path} is not a complete archive ({reason}); delete it and run again"
        ) from None


def read_json_members(path: str | Path, *names: str) -> list[Any]:
    """Return the content of JSON files in an archive, in the order of `names`.

    Raises:
        UserError: one is missing, or as `read_members`.
    """
    files = dict(read_members(path, lambda name: name in names))
    for name in names:
        if name not in files:
            raise UserError(f"{path} holds no {name}; put the package's original file there")
    return [json.loads(files[name]) for name in names]


def _open(path: Path, stream: BinaryIO) -> tarfile.TarFile:
    if path.suffix != ".deb":
        return tarfile.open(fileobj=stream, mode="r|*")
    name, data = _deb_data(stream, path)
    if not name.endswith(".zst"):
        return tarfile.open(fileobj=data, mode="r|*")
    # tarfile knows no zstd before Python 3.14; pyarrow, which is here anyway, does
    unpacked = pa.CompressedInputStream(pa.PythonFile(data, mode="r"), "zstd")
    return tarfile.open(fileobj=unpacked, mode="r|")


def _deb_data(stream: BinaryIO, path: Path) -> tuple[str, io.BytesIO]:
    """Return the name and bytes of a Debian package's `data.tar.*` member."""
    if stream.read(len(AR_MARK)) != AR_MARK:
        raise UserError(f"{path} is not a Debian package; delete it and run again")
    while len(header := stream.read(AR_HEADER_BYTES)) == AR_HEADER_BYTES:
        # GNU's ar ends names with a slash
        name = header[:16].decode("ascii", "replace").strip().rstrip("/")
        size = int(header[48:58])
        if name.startswith("data.tar"):
            return name, io.BytesIO(stream.read(size))
        # members begin at even places
        stream.seek(size + size % 2, io.SEEK_CUR)
    raise UserError(f"{path} holds no data.tar; delete it and run again")
