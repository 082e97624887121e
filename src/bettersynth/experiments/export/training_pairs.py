"""The pairs that an experiment trains on, with the captions they are trained with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from bettersynth.data.files.hashing import sha256_of_bytes
from bettersynth.data.pictures.images import ImageStore
from bettersynth.data.tables.drawn import DRAWN, DRAWN_IMAGES
from bettersynth.data.tables.samples import types_of
from bettersynth.errors import UserError
from bettersynth.experiments.browse.pairs import Pairs, read_pairs
from bettersynth.experiments.browse.pictures import Pictures
from bettersynth.experiments.history.compared_runs import (
    Reader,
    no_training_set,
    table_of,
    training_set,
)
from bettersynth.experiments.history.data_difference import captions


@dataclass(frozen=True)
class TrainingPair:
    """One sample: how often it is visited, whose caption it has, its pictures by name."""

    id: str
    caption: str
    caption_source: str
    visits: int
    names: list[str]
    row: int


class DrawnPicture(NamedTuple):
    """A new picture: its name in data/draw/images and the hash of its bytes."""

    name: str
    sha256: str


class TrainingPairs:
    """The training set of an experiment, in the order of the pool; it needs no score."""

    def __init__(self, name: str) -> None:
        """Read the experiment `name`.

        Raises:
            UserError: it has no training set, or its pool is not at hand.
        """
        self.source: Pairs = read_pairs(name)
        table = training_set(self.source.read, name)
        if table is None:
            raise no_training_set(name)
        self._rows = {row["id"]: row for row in table.to_pylist() if row["weight"]}
        self._captions = captions(self.source.read, self._rows, set(self._rows))
        missing = self._rows.keys() - self._captions.keys()
        if missing:
            raise UserError(
                f"{name}: the captions of {len(missing):,} samples are not at hand, such as that "
                f"of {min(missing)}; `dvc pull` brings them"
            )
        self._pictures = Pictures(self.source)
        self._drawn = drawn_pictures(self.source.read, self._rows)
        self._drawn_images = ImageStore(DRAWN_IMAGES)

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def visits(self) -> int:
        """How often training looks at them, all together."""
        return sum(row["weight"] for row in self._rows.values())

    @property
    def conversations(self) -> int:
        """How many of its samples are conversations, not pairs of picture and caption."""
        types = types_of(self.source.pool).to_pylist()
        of_samples = zip(self.source.ids, types, strict=True)
        return sum(kind != "caption" and id in self._rows for id, kind in of_samples)

    def __iter__(self) -> Iterator[TrainingPair]:
        pictures = self.source.pool["images"].to_pylist()
        for place, sample in enumerate(self.source.ids):
            if sample in self._rows:
                row = self._rows[sample]
                names = pictures[place] or []
                if sample in self._drawn:
                    names = [self._drawn[sample].name]
                yield TrainingPair(
                    id=sample,
                    caption=self._captions[sample],
                    caption_source=row["caption_source"],
                    visits=row["weight"],
                    names=names,
                    row=place,
                )

    def picture(self, pair: TrainingPair) -> bytes:
        """Return the stored bytes of its one picture.

        Raises:
            UserError: it has another number of them, or the pictures are of another pool.
        """
        if len(pair.names) != 1:
            raise UserError(
                f"{pair.id} has {len(pair.names)} pictures; this form takes one a pair "
                "(`--format llava` takes any)"
            )
        return self.pictures(pair)[0]

    def pictures(self, pair: TrainingPair) -> list[bytes]:
        """Return the stored bytes of each of its pictures.

        Raises:
            UserError: the pictures are of another pool.
        """
        if pair.id in self._drawn:
            return [self._read_drawn(self._drawn[pair.id])]
        return [self._pictures.read(pair.row, number) for number in range(len(pair.names))]

    def hashes(self, pair: TrainingPair) -> list[str]:
        """Return the sha256 of each of its pictures; none is read."""
        drawn = self._drawn.get(pair.id)
        return [drawn.sha256] if drawn else self._hashes_in_pool(pair)

    def replaced(self, pair: TrainingPair) -> list[str]:
        """Return the sha256 of the pool's pictures that a new one stands for; none where there is
        no new one.
        """
        return self._hashes_in_pool(pair) if pair.id in self._drawn else []

    def read_replaced(self, pair: TrainingPair, number: int) -> bytes:
        """Return the stored bytes of one of these."""
        return self._pictures.read(pair.row, number)

    def _hashes_in_pool(self, pair: TrainingPair) -> list[str]:
        return self.source.pool["image_sha256"][pair.row].as_py() or []

    def _read_drawn(self, drawn: DrawnPicture) -> bytes:
        content = self._drawn_images.read(drawn.name)
        if sha256_of_bytes(content) != drawn.sha256:
            raise UserError(
                f"{DRAWN_IMAGES} holds other pictures than {self.source.name} trains on"
            )
        return content


def drawn_pictures(read: Reader, rows: Mapping[str, Mapping[str, Any]]) -> dict[str, DrawnPicture]:
    """Return the new picture of each sample that is trained on with one, by its id.

    `rows` are those of the training set by id.
    """
    content = read(DRAWN)
    # older experiments have no such table
    if content is None:
        return {}
    pictures: dict[str, DrawnPicture] = {}
    for new in table_of(content, str(DRAWN)).to_pylist():
        trained = rows.get(new["id"])
        if trained is not None and trained["candidate"] == new["candidate"]:
            pictures[new["id"]] = DrawnPicture(new["images"][0], new["image_sha256"][0])
    return pictures
