"""The pairs that an experiment trains on, with the captions they are trained with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bettersynth.data.tables.samples import types_of
from bettersynth.errors import UserError
from bettersynth.experiments.browse.pairs import Pairs, read_pairs
from bettersynth.experiments.browse.pictures import Pictures
from bettersynth.experiments.history.compared_runs import no_training_set, training_set
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

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def visits(self) -> int:
        """How often training looks at them, all together."""
        return sum(row["weight"] for row in self._rows.values())

    @property
    def conversations(self) -> int:
        """How many of its samples are conversations, not pairs of picture and caption."""
        types = types_of(self.source.pool)
        of_samples = zip(self.source.ids, types, strict=True)
        return sum(kind != "caption" and id in self._rows for id, kind in of_samples)

    def __iter__(self) -> Iterator[TrainingPair]:
        pictures = self.source.pool["images"].to_pylist()
        for place, sample in enumerate(self.source.ids):
            if sample in self._rows:
                row = self._rows[sample]
                yield TrainingPair(
                    id=sample,
                    caption=self._captions[sample],
                    caption_source=row["caption_source"],
                    visits=row["weight"],
                    names=pictures[place] or [],
                    row=place,
                )

    def picture(self, pair: TrainingPair) -> bytes:
        """Return the stored bytes of its one picture.

        Raises:
            UserError: it has another number of them, or the zip file is of another pool.
        """
        if len(pair.names) != 1:
            raise UserError(
                f"{pair.id} has {len(pair.names)} pictures; this form takes one a pair "
                "(`--format llava` takes any)"
            )
        return self._pictures.read(pair.row, 0)

    def pictures(self, pair: TrainingPair) -> list[bytes]:
        """Return the stored bytes of each of its pictures.

        Raises:
            UserError: the zip file is of another pool.
        """
        return [self._pictures.read(pair.row, number) for number in range(len(pair.names))]
