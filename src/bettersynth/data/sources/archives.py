"""Reading package archives in pure Python: Debian packages (`ar` around a tar) and tarballs of npm."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa

from bettersynth.errors import UserError


def _deb_data(stream: BinaryIO, path: Path) -> tuple[str, io.BytesIO]:
    """Return the name and bytes of a Debian package's `data.tar.*` member."""
    if stream.read(8) != b"!<arch>\n":
        raise UserError(f"{path} is not a Debian package; delete it and run again")
    while len(header := stream.read(60)) == 60:
        name, size = header[:16].decode("ascii", "replace").strip().rstrip("/"), int(header[48:58])
        if name.startswith("data.tar"):
            return name, io.BytesIO(stream.read(size))
        stream.seek(size + size % 2, io.SEEK_CUR)
    raise UserError(f"{path} holds no data.tar; delete it and run again")


def _open(path: Path, stream: BinaryIO) -> tarfile.TarFile:
    if path.suffix != ".deb":
        return tarfile.open(fileobj=stream, mode="r|*")
    name, data = _deb_data(stream, path)
    if name.endswith(".zst"):
        return tarfile.open(
            fileobj=pa.CompressedInputStream(pa.PythonFile(data, mode="r"), "zstd"), mode="r|"
        )
    return tarfile.open(fileobj=data, mode="r|*")


def read_members(path: str | Path, wanted: Callable[[str], bool]) -> Iterator[tuple[str, bytes]]:
    """Yield `(name, bytes)` of the regular files whose name is wanted, in archive order; names lose a leading `./`.

    `.deb` files may be packed with gzip, xz or zstd; anything else is read as a tarball.

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
                    assert content is not None  # a regular file always has content
                    yield name, content.read()
    except FileNotFoundError:
        raise UserError(
            f"{path} does not exist; run `snakemake --cores all {path.parent}`"
        ) from None
    except (tarfile.TarError, EOFError, pa.ArrowException) as error:
        raise UserError(
            f"{path} is not a complete archive ({' '.join(str(error).split())}); delete it and run again"
        ) from None
