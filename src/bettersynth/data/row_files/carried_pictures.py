"""Pictures that a file of rows carries inside: written out once, under a name of their content."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from bettersynth.data.files.writing import naming_in_errors
from bettersynth.data.pictures.decoding import MAX_FILE_BYTES
from bettersynth.errors import UserError

# first bytes of a file, and its usual ending
FIRST_BYTES = {b"\xff\xd8\xff": ".jpg", b"\x89PNG": ".png", b"GIF8": ".gif", b"BM": ".bmp"}
# hex digits of sha256
NAME_DIGITS = 32


@dataclass(frozen=True)
class CarriedPictures:
    """The folder that pictures of rows are written to; it is made with the first of them."""

    folder: Path

    def keep(self, content: bytes, rows_file: Path, place: str) -> str:
        """Write a picture unless it is there; return its path relative to that of `rows_file`.

        Its name comes from its bytes alone, so that no file can say where it goes.

        Raises:
            UserError: it has more than `MAX_FILE_BYTES`.
        """
        if len(content) > MAX_FILE_BYTES:
            raise UserError(
                f"{place}: a picture of {len(content):,} bytes, limit {MAX_FILE_BYTES:,}"
            )
        digest = hashlib.sha256(content).hexdigest()[:NAME_DIGITS]
        path = self.folder / f"{digest}{ending_of(content)}"
        # The size tells a whole file from one that a power cut left
        if not path.is_file() or path.stat().st_size != len(content):
            self.folder.mkdir(parents=True, exist_ok=True)
            # not `complete_or_absent`, which waits for the disk: there are many pictures
            temporary = path.with_name(f".{path.name}.{os.getpid()}")
            with naming_in_errors(path):
                temporary.write_bytes(content)
            os.replace(temporary, path)
        return os.path.relpath(path.resolve(), rows_file.parent.resolve())


def ending_of(content: bytes) -> str:
    """Return the ending of a picture's name by its first bytes; an unknown kind is called .jpg.

    Who decodes looks at the bytes alone.
    """
    for first, suffix in FIRST_BYTES.items():
        if content.startswith(first):
            return suffix
    return ".webp" if content[8:12] == b"WEBP" else ".jpg"
