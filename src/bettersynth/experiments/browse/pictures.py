"""Pictures of the data at hand, as a browser may be given them."""

from __future__ import annotations

import hashlib
import io
import threading

from bettersynth.data.pictures.decoding import decode_image
from bettersynth.data.tables.samples import POOL_IMAGES
from bettersynth.errors import UserError
from bettersynth.experiments.browse.pairs import Pairs

# What a browser shows by itself and what can hold no script; the rest is decoded here
_MARKS = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8": "image/jpeg", b"GIF8": "image/gif"}


class Pictures:
    """The pictures of the pairs: nothing else can be asked for."""

    def __init__(self, pairs: Pairs):
        self._pairs = pairs
        # a data set may read its pictures from a file with one place of reading
        self._lock = threading.Lock()

    def read(self, row: int, number: int) -> bytes:
        """Return the stored bytes of picture `number` of the pair in `row`.

        Raises:
            UserError: there is none, or data/pool/images holds another one by its name.
            BadImage: its file can't be read.
        """
        if not 0 <= row < len(self._pairs):
            raise UserError(f"there is no pair {row}; there are {len(self._pairs):,}")
        names = self._pairs.pool["images"][row].as_py() or []
        if not 0 <= number < len(names):
            raise UserError(f"pair {row} has {len(names)} pictures")
        with self._lock:
            content = self._pairs.picture(names[number])
        # of a recipe's own data set no hash is known
        if "image_sha256" not in self._pairs.pool.column_names:
            return content
        known = self._pairs.pool["image_sha256"][row].as_py()[number]
        if hashlib.sha256(content).hexdigest() != known:
            raise UserError(f"{POOL_IMAGES} is of another pool than {self._pairs.name}")
        return content

    def shown(self, row: int, number: int) -> tuple[bytes, str]:
        """Return a picture and its media type: a PNG where a browser may not know the format.

        Raises:
            UserError: as `read`.
            BadImage: it can't be decoded.
        """
        content = self.read(row, number)
        if kind := _media_type(content):
            return content, kind
        stream = io.BytesIO()
        decode_image(content).save(stream, "PNG")
        return stream.getvalue(), "image/png"


def _media_type(content: bytes) -> str:
    """Return the media type that the first bytes tell; "" where it is none of the known."""
    for mark, kind in _MARKS.items():
        if content.startswith(mark):
            return kind
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    return ""
