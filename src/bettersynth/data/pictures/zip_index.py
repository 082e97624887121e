"""A zip file's members by name, in 12 bytes of memory a member.

zipfile keeps an object of about 595 bytes for each, which is 7.6 GB for 12.8 million pictures. Here
a member is the CRC-32 of its name and the place of its entry in the file's own directory; the entry
is read when the member is asked for.

Source of the format: PKWARE's APPNOTE.TXT 6.3.10, 4.3.7 to 4.3.16 and 4.5.3.
"""

from __future__ import annotations

import os
import struct
import zipfile
import zlib
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

# signature, numbers of this disk, entries, size and start of the directory, length of the comment
END = struct.Struct("<4s4xHHLLH")
# signature, disk, place of the end record of large files, disks
END_64_LOCATOR = struct.Struct("<4sLQL")
# signature, 36 bytes of sizes and versions, entries, size and start of the directory
END_64 = struct.Struct("<4s28xQQQ")
# signature, versions, flags, method, time, CRC, packed and full size, lengths of name, extra and
# comment, attributes, start of the member
ENTRY = struct.Struct("<4s4xHH4xLLLHHH8xL")
# signature, 22 bytes that the directory repeats, lengths of name and extra
LOCAL = struct.Struct("<4s22xHH")
LENGTHS = struct.Struct("<HHH")
LENGTHS_AT = 28
LONGEST_COMMENT = 2**16 - 1
# stands in the place of a number that only the extra field of large files can hold
IN_EXTRA = 2**32 - 1
LARGE_FILE_EXTRA = 1
ENCRYPTED = 1
NAME_IS_UTF8 = 0x800


@dataclass(frozen=True)
class Entry:
    """What the directory says of one member; `start` counts from the file's first byte."""

    name: str
    raw_name: bytes
    flags: int
    method: int
    crc: int
    packed_bytes: int
    start: int


class ZipIndex:
    """Read-only view of a zip file. It moves no place in the file, so forked processes share it.

    Raises:
        FileNotFoundError: no such file.
        zipfile.BadZipFile: it is no whole zip file.
    """

    def __init__(self, path: Path):
        self._file = os.open(path, os.O_RDONLY)
        self._directory = _find_directory(self._file)
        # 4 and 8 bytes a number, where a list would take 40
        hashes = array("I")
        places = array("Q")
        for place, raw_name in _names_in(self._directory_bytes()):
            hashes.append(zlib.crc32(raw_name))
            places.append(place)
        by_hash = np.argsort(np.asarray(hashes), kind="stable")
        self._hashes = np.asarray(hashes)[by_hash]
        self._places = np.asarray(places)[by_hash]

    def __del__(self) -> None:
        # none where there was no such file
        if hasattr(self, "_file"):
            os.close(self._file)

    @property
    def nbytes(self) -> int:
        """Bytes of memory that the index takes."""
        return self._hashes.nbytes + self._places.nbytes

    def names(self) -> list[str]:
        """Return the members' names in the order of the file's directory."""
        content = self._directory_bytes()
        return [_entry_at(content, place).name for place, _ in _names_in(content)]

    def __contains__(self, name: str) -> bool:
        return self._entry(name) is not None

    def read(self, name: str) -> bytes:
        """Return the bytes of a member; of several of one name, those of the last.

        Raises:
            KeyError: there is none.
            zipfile.BadZipFile: its bytes are not what was stored.
        """
        entry = self._entry(name)
        if entry is None:
            raise KeyError(name)
        head = os.pread(self._file, LOCAL.size, entry.start)
        if len(head) < LOCAL.size or head[:4] != b"PK\3\4":
            raise zipfile.BadZipFile("Bad magic number for file header")
        _, name_length, extra_length = LOCAL.unpack(head)
        name_at = entry.start + LOCAL.size
        if os.pread(self._file, name_length, name_at) != entry.raw_name:
            raise zipfile.BadZipFile(f"File name in directory {name!r} and header differ.")
        data_at = name_at + name_length + extra_length
        content = _unpacked(entry, os.pread(self._file, entry.packed_bytes, data_at))
        if zlib.crc32(content) != entry.crc:
            raise zipfile.BadZipFile(f"Bad CRC-32 for file {name!r}")
        return content

    def _entry(self, name: str) -> Entry | None:
        # the name's bytes are in one of the two encodings that a zip file knows
        for raw_name in dict.fromkeys((name.encode("utf-8", "replace"), _cp437(name))):
            name_hash = np.uint32(zlib.crc32(raw_name))
            first = np.searchsorted(self._hashes, name_hash, "left")
            after = np.searchsorted(self._hashes, name_hash, "right")
            # from the last: of two members of one name, zip programs give the later one
            for place in self._places[first:after][::-1]:
                entry = self._entry_on_disk(int(place))
                if entry.name == name:
                    return entry
        return None

    def _entry_on_disk(self, place: int) -> Entry:
        start = self._directory.start + place
        head = os.pread(self._file, ENTRY.size, start)
        lengths = LENGTHS.unpack_from(head, LENGTHS_AT)
        content = os.pread(self._file, ENTRY.size + sum(lengths), start)
        return _entry_at(content, 0, self._directory.shift)

    def _directory_bytes(self) -> bytes:
        return os.pread(self._file, self._directory.length, self._directory.start)


@dataclass(frozen=True)
class _Directory:
    """Where a file's directory lies; `shift`: bytes that were put before the zip file."""

    start: int
    length: int
    shift: int


def _find_directory(file: int) -> _Directory:
    size = os.fstat(file).st_size
    tail_at = max(0, size - END.size - LONGEST_COMMENT)
    tail = os.pread(file, size - tail_at, tail_at)
    found_at = tail.rfind(b"PK\5\6")
    if found_at < 0 or len(tail) - found_at < END.size:
        raise zipfile.BadZipFile("File is not a zip file")
    end_at = tail_at + found_at
    _, _, _, length, start, _ = END.unpack_from(tail, found_at)
    locator_at = end_at - END_64_LOCATOR.size
    locator = os.pread(file, END_64_LOCATOR.size, locator_at) if locator_at >= 0 else b""
    if locator[:4] == b"PK\6\7":
        # the record of large files lies before its locator
        end_at = locator_at - END_64.size
        record = os.pread(file, END_64.size, end_at)
        if record[:4] != b"PK\6\6":
            raise zipfile.BadZipFile("File is not a zip file")
        _, _, length, start = END_64.unpack(record)
    shift = end_at - length - start
    if shift < 0:
        raise zipfile.BadZipFile("Bad offset for central directory")
    return _Directory(start + shift, length, shift)


def _names_in(directory: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the place of each entry in the directory, and the bytes of its name."""
    place = 0
    while place < len(directory):
        if len(directory) - place < ENTRY.size:
            raise zipfile.BadZipFile("Truncated central directory")
        if directory[place : place + 4] != b"PK\1\2":
            raise zipfile.BadZipFile("Bad magic number for central directory")
        name, extra, comment = LENGTHS.unpack_from(directory, place + LENGTHS_AT)
        name_at = place + ENTRY.size
        yield place, directory[name_at : name_at + name]
        place = name_at + name + extra + comment


def _entry_at(directory: bytes, place: int, shift: int = 0) -> Entry:
    _, flags, method, crc, packed, full, name_length, extra_length, _, start = ENTRY.unpack_from(
        directory, place
    )
    name_at = place + ENTRY.size
    extra_at = name_at + name_length
    raw_name = directory[name_at:extra_at]
    extra = directory[extra_at : extra_at + extra_length]
    large = _large_numbers(extra)
    # in this order, each only where its place holds the stand-in
    if full == IN_EXTRA:
        next(large)
    if packed == IN_EXTRA:
        packed = next(large)
    if start == IN_EXTRA:
        start = next(large)
    encoding = "utf-8" if flags & NAME_IS_UTF8 else "cp437"
    return Entry(
        raw_name.decode(encoding, "replace"), raw_name, flags, method, crc, packed, start + shift
    )


def _large_numbers(extra: bytes) -> Iterator[int]:
    """Yield the 8-byte numbers of an entry's field for large files.

    Raises:
        zipfile.BadZipFile: one more is asked for than there are.
    """
    place = 0
    while place + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, place)
        content = extra[place + 4 : place + 4 + length]
        if kind == LARGE_FILE_EXTRA:
            for (number,) in struct.iter_unpack("<Q", content[: len(content) // 8 * 8]):
                yield number
        place += 4 + length
    raise zipfile.BadZipFile("Corrupt zip64 extra field")


def _cp437(name: str) -> bytes:
    return name.encode("cp437", "replace")


def _unpacked(entry: Entry, content: bytes) -> bytes:
    if entry.flags & ENCRYPTED:
        raise zipfile.BadZipFile(f"File {entry.name!r} is encrypted")
    if len(content) < entry.packed_bytes:
        raise zipfile.BadZipFile(f"File {entry.name!r} is cut short")
    if entry.method == zipfile.ZIP_STORED:
        return content
    if entry.method != zipfile.ZIP_DEFLATED:
        raise zipfile.BadZipFile(f"File {entry.name!r} is packed by method {entry.method}")
    try:
        return zlib.decompress(content, wbits=-zlib.MAX_WBITS)
    except zlib.error as error:
        raise zipfile.BadZipFile(f"File {entry.name!r} is damaged: {error}") from None
