"""Scores of a team at an address, as files that are never changed: a folder, or what fsspec opens.

    COLUMN/SHA256.parquet

A part holds the scores of one column that one push added, and is named by the sha256 of its bytes.
So machines that push at once add parts of their own, and a part that was cut short or changed is
known by its name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bettersynth.data.files.addresses import failing_in_one_line, without_login
from bettersynth.data.files.hashing import sha256_of_bytes
from bettersynth.data.files.parquet_files import table_in
from bettersynth.data.files.writing import complete_or_absent
from bettersynth.errors import UserError
from bettersynth.measuring.score_cache import ColumnIdentity, column_file, fits, read_identity

ENDING = ".parquet"
# a key, a value as JSON, and the checksum of both
Row = tuple[bytes, str, int]


@dataclass(frozen=True)
class Part:
    """Some scores of one column. `changed`: rows that their checksums do not fit, left out."""

    identity: ColumnIdentity
    rows: list[Row]
    changed: int


class PartsPlace:
    """The parts at an address: a folder, or an address of fsspec such as s3://BUCKET/FOLDER.

    `shown` is the address without the password that it may hold.

    Raises:
        UserError: by each method, where the address cannot be reached.
    """

    def __init__(self, address: str):
        import fsspec

        # an unset variable of the shell: fsspec takes it for the current folder
        if not address.strip():
            raise UserError(
                "the address is empty; name a folder, or one such as s3://BUCKET/FOLDER"
            )
        self.shown = without_login(address)
        with failing_in_one_line(self.shown):
            self.files, self.root = fsspec.core.url_to_fs(address)

    def names(self) -> dict[str, list[str]]:
        """Return the names of the parts of each column, both sorted."""
        with failing_in_one_line(self.shown):
            if not self.files.exists(self.root):
                return {}
            is_file = self.files.isfile(self.root)
            paths = self.files.find(self.root)
        if is_file:
            raise UserError(f"{self.shown} is a file; name the folder of the scores")
        names: dict[str, list[str]] = {}
        for path in sorted(paths):
            # what lies beside the columns, or deeper, is none of theirs
            column, slash, name = path.removeprefix(self.root).strip("/").partition("/")
            # no file that another machine is writing
            if slash and "/" not in name and name.endswith(ENDING) and not name.startswith("."):
                names.setdefault(column, []).append(name)
        return names

    def read(self, column: str, name: str) -> Part:
        """Return the part of that name.

        Raises:
            ValueError: it is not what was written.
            UserError: it cannot be read.
        """
        with failing_in_one_line(self.shown):
            content = self.files.cat_file(f"{self.root}/{column}/{name}")
        if sha256_of_bytes(content) != name.removesuffix(ENDING):
            raise ValueError("its bytes were changed or cut short")
        part = read_part(content)
        if _folder_name(part.identity) != column:
            raise ValueError("it holds the scores of another column")
        return part

    def write(self, identity: ColumnIdentity, rows: Sequence[Row]) -> None:
        """Add a part, whole or not at all.

        Raises:
            UserError: it cannot be written.
        """
        from fsspec.implementations.local import LocalFileSystem

        content = part_bytes(identity, rows)
        path = f"{self.root}/{_folder_name(identity)}/{sha256_of_bytes(content)}{ENDING}"
        with failing_in_one_line(self.shown):
            if isinstance(self.files, LocalFileSystem):
                with complete_or_absent(path) as temporary:
                    temporary.write_bytes(content)
            else:
                # an object store shows an object when all of it is there
                self.files.pipe_file(path, content)


def part_bytes(identity: ColumnIdentity, rows: Sequence[Row]) -> bytes:
    """Return a part as the bytes of its file; the same rows are the same bytes."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    fields = [("key", pa.binary()), ("value", pa.string()), ("checksum", pa.uint32())]
    schema = pa.schema(fields, metadata={"identity": identity.text})
    keys, values, checksums = zip(*rows, strict=True)
    sink = pa.BufferOutputStream()
    table = pa.table([keys, values, checksums], schema=schema)
    pq.write_table(table, sink, compression="zstd")
    return sink.getvalue().to_pybytes()


def read_part(content: bytes) -> Part:
    """Return the part in a file's bytes.

    Raises:
        ValueError: they hold none.
    """
    import pyarrow as pa

    try:
        table = table_in(content)
        identity = read_identity((table.schema.metadata or {})[b"identity"].decode())
        columns = [table.column(name).to_pylist() for name in ("key", "value", "checksum")]
    except (pa.ArrowException, KeyError) as error:
        raise ValueError(f"it holds no scores ({error})") from None
    rows = []
    changed = 0
    for key, value, kept_checksum in zip(*columns, strict=True):
        if isinstance(value, str) and fits(key, value.encode(), kept_checksum):
            rows.append((key, value, kept_checksum))
        else:
            changed += 1
    return Part(identity, rows, changed)


def _folder_name(identity: ColumnIdentity) -> str:
    return Path(column_file(identity.operator, identity.text)).stem
