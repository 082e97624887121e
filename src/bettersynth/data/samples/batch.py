"""What an operator sees: a batch of samples, and their pictures, decoded at most once.

The rules for special tokens and chunks stand here too.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from PIL import Image

from bettersynth.data.pictures.decoding import BadImage, decode_image
from bettersynth.data.pictures.image_header import quick_shape
from bettersynth.data.samples.text_form import EOC_TOKEN, IMAGE_TOKEN, OTHER_TOKENS

# decoded pictures that a batch keeps for its next operator
PICTURE_BYTES = 48 * 2**20
# and files as stored
FILE_BYTES = 16 * 2**20


class UnreadableImage(Exception):
    """One picture of a batch cannot be used. `name` says which, `reason` why."""

    def __init__(self, name: str, reason: str):
        super().__init__(f"{name}: {reason}")
        self.name = name
        self.reason = reason


class BadSample(Exception):
    """Samples of a batch that an operator cannot measure: their positions in the batch, and why."""

    def __init__(self, positions: Sequence[int], reason: str):
        super().__init__(reason)
        self.positions = list(positions)
        self.reason = reason


@dataclass(frozen=True)
class Tokens:
    """The special tokens of a data set: one image token per picture, and the end of a chunk."""

    image: str = IMAGE_TOKEN
    eoc: str = EOC_TOKEN

    def strip(self, text: str) -> str:
        """Return `text` without special tokens.

        White space is stripped after each removal, as Data-Juicer does.
        """
        for token in (self.image, *OTHER_TOKENS, self.eoc):
            text = text.replace(token, "").strip()
        return text

    def chunks(self, text: str) -> list[str]:
        """Return the parts of `text` between ends of chunks."""
        return text.split(self.eoc)


@dataclass(frozen=True)
class ImageFacts:
    """What is known of a picture without decoding it."""

    sha256: str  # of the file as stored
    width: int  # pixels, upright
    height: int
    size_bytes: int  # of the file
    phash: str = ""  # "" if it is not known


class Images:
    """The pictures that samples name.

    `read` returns the bytes of a name, `size` their number; both raise BadImage or
    FileNotFoundError for an unknown one. `facts` spares work where a table knows the answers
    already. `as_data_juicer` decodes as it does (`decode_image`).
    """

    def __init__(
        self,
        read: Callable[[str], bytes],
        facts: dict[str, ImageFacts] | None = None,
        as_data_juicer: bool = False,
        size: Callable[[str], int] | None = None,
    ):
        self._read = read
        self._size = size
        self.facts = facts or {}
        self.as_data_juicer = as_data_juicer
        self._pictures: dict[str, Image.Image] = {}
        self._shapes: dict[str, tuple[int, int]] = {}
        self._sha256: dict[str, str] = {}
        self._bytes = 0
        self._files: dict[str, bytes] = {}
        self._file_bytes = 0

    def with_facts(self, facts: dict[str, ImageFacts]) -> Images:
        """Return the same pictures, none of them read yet, of which `facts` are known."""
        return Images(self._read, facts, self.as_data_juicer, self._size)

    def read(self, name: str) -> bytes:
        """Return the bytes as stored.

        Raises:
            UnreadableImage: no such file, or it cannot be read.
        """
        if name not in self._files:
            data = self._from_file(self._read, name)
            if self._file_bytes + len(data) > FILE_BYTES:
                # all at once, which needs no record of what was used last
                self._files.clear()
                self._file_bytes = 0
            self._files[name] = data
            self._file_bytes += len(data)
        return self._files[name]

    def _from_file(self, action: Callable[[str], Any], name: str) -> Any:
        try:
            return action(name)
        except FileNotFoundError:
            raise UnreadableImage(name, "does not exist") from None
        except BadImage as error:
            # a pipe, a device, a file of gigabytes
            raise UnreadableImage(name, str(error)) from None
        except (OSError, ValueError) as error:
            # ValueError: a null byte in the path
            reason = getattr(error, "strerror", None) or "cannot be read"
            raise UnreadableImage(name, reason) from None

    def sha256(self, name: str) -> str:
        """Return 64 hex digits of the stored bytes."""
        if name in self.facts:
            return self.facts[name].sha256
        if name not in self._sha256:
            self._sha256[name] = hashlib.sha256(self.read(name)).hexdigest()
        return self._sha256[name]

    def size_bytes(self, name: str) -> int:
        """Return the length of the stored file, which is not read for it where `size` is given."""
        if name in self.facts:
            return self.facts[name].size_bytes
        return int(self._from_file(self._size, name)) if self._size else len(self.read(name))

    def picture(self, name: str) -> Image.Image:
        """Return the upright RGB picture.

        It is shared between operators: copy it before drawing on it.

        Raises:
            UnreadableImage: missing, not an image, truncated, too large.
        """
        if name not in self._pictures:
            data = self.read(name)
            try:
                picture = decode_image(data, self.as_data_juicer)
            except BadImage as error:
                raise UnreadableImage(name, str(error)) from None
            size = picture.width * picture.height * 3
            if self._bytes + size > PICTURE_BYTES:
                self._pictures.clear()
                self._bytes = 0
            self._pictures[name] = picture
            self._bytes += size
        return self._pictures[name]

    def shape(self, name: str) -> tuple[int, int]:
        """Return (width, height) in pixels, EXIF orientation applied."""
        if name in self.facts:
            return self.facts[name].width, self.facts[name].height
        if name not in self._shapes:
            picture = self._pictures.get(name)
            # Most headers tell the size; what they do not tell costs a decoding
            shape = picture.size if picture else quick_shape(self.read(name))
            self._shapes[name] = shape or self.picture(name).size
        return self._shapes[name]


@dataclass(frozen=True)
class Batch:
    """Samples that an operator sees at once, column by column."""

    texts: Sequence[str]  # [samples]
    images: Sequence[Sequence[str]]  # [samples][pictures], names
    pictures: Images
    tokens: Tokens = Tokens()
    rows: Sequence[dict[str, Any]] = field(default=())  # [samples], only where fields are read

    def __len__(self) -> int:
        return len(self.texts)

    def take(self, positions: Sequence[int]) -> Batch:
        """Return the samples at these positions, sharing decoded pictures."""
        return dataclasses.replace(
            self,
            texts=[self.texts[position] for position in positions],
            images=[self.images[position] for position in positions],
            rows=[self.rows[position] for position in positions] if self.rows else (),
        )

    def per_image(self, value: Callable[[str], Any]) -> list[list[Any]]:
        """Return `value(name)` for each listed image of each sample; a name is asked for once."""
        known: dict[str, Any] = {}
        for names in self.images:
            for name in names:
                if name not in known:
                    known[name] = value(name)
        return [[known[name] for name in names] for names in self.images]


def image_chunks(batch: Batch) -> list[list[tuple[str, list[str]]]]:
    """Return the chunks of each sample that hold an image token and are not blank.

    A chunk is its text without special tokens, and its image names: an image token stands for the
    sample's image of the same rank, counted over all chunks.
    """
    samples: list[list[tuple[str, list[str]]]] = []
    for text, names in zip(batch.texts, batch.images, strict=True):
        chunks: list[tuple[str, list[str]]] = []
        offset = 0
        for chunk in batch.tokens.chunks(text):
            count = chunk.count(batch.tokens.image)
            if count and chunk.strip():
                own_names = list(names[offset : offset + count])
                chunks.append((batch.tokens.strip(chunk), own_names))
            offset += count
        samples.append(chunks)
    return samples
