"""What is trained on: which caption of which sample."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from bettersynth.data.samples.text_form import caption_of_text
from bettersynth.data.tables.column_rows import take_rows
from bettersynth.measuring.number_rule import numbers_of
from bettersynth.recipes.filter_section import SIMILARITY
from bettersynth.recipes.mixing.candidates import Candidates

# the source of a caption that no captioner wrote
ORIGINAL = "original"
# texts of all rows as Python's take three times the memory
ROWS_AT_ONCE = 100_000


@dataclass
class Mix:
    """Captions in use, one entry a pool row, whether or not it is trained on."""

    ids: pa.ChunkedArray
    own_text: pa.ChunkedArray  # of the sample as it came
    new: Candidates
    chosen: np.ndarray  # int64 [rows], position in `new` of the version in use, -1: the original
    similarity_before: np.ndarray  # float64 [rows], of the original, NaN where not measured
    similarity: np.ndarray  # float64 [rows], of the text in use
    weight: np.ndarray  # int32 [rows], visits in training; 0 until they are counted

    @property
    def exchanged(self) -> np.ndarray:
        """Whether a new version is in use, bool `[rows]`."""
        return self.chosen >= 0

    def keep_own(self, rows: np.ndarray) -> None:
        """Let some rows, int `[rows]`, have their own caption again."""
        self.chosen[rows] = -1
        self.similarity[rows] = self.similarity_before[rows]

    def candidates(self, rows: np.ndarray) -> np.ndarray:
        """Return the number of the version in use of some rows, int32 `[rows]`, -1: the original.

        Here and below `rows` is int `[rows]`.
        """
        numbers = np.full(len(rows), -1, dtype=np.int32)
        new = self.exchanged[rows]
        numbers[new] = self.new.candidate[self.chosen[rows[new]]]
        return numbers

    def sources(self, rows: np.ndarray) -> list[str]:
        """Return who wrote the text or drew the picture in use of some rows, or `ORIGINAL`."""
        return self._in_use([ORIGINAL] * len(rows), self.new.captioner, rows)

    def texts(self, rows: np.ndarray) -> list[str]:
        """Return the texts in use of some rows."""
        return self._in_use(take_rows(self.own_text, rows).to_pylist(), self.new.text, rows)

    def images(self, rows: np.ndarray) -> list[str]:
        """Return the name of the new picture in use of some rows, "" where it is their own."""
        return self._in_use([""] * len(rows), self.new.image, rows)

    def _in_use(self, own: list[str], new: pa.ChunkedArray, rows: np.ndarray) -> list[str]:
        """Return `own` with what is `new` in the place of what was exchanged."""
        places = np.flatnonzero(self.exchanged[rows])
        texts = take_rows(new, self.chosen[rows[places]]).to_pylist()
        for place, text in zip(places.tolist(), texts, strict=True):
            own[place] = text
        return own

    def word_counts(self) -> np.ndarray:
        """Return how many words the caption in use of each row has, int32 `[rows]`."""
        counts = np.zeros(len(self.ids), dtype=np.int32)
        for start in range(0, len(counts), ROWS_AT_ONCE):
            rows = np.arange(start, min(start + ROWS_AT_ONCE, len(counts)))
            counts[rows] = [len(caption_of_text(text).split()) for text in self.texts(rows)]
        return counts


def mix_captions(
    ids: pa.ChunkedArray,
    texts: pa.ChunkedArray,
    similarity_before: np.ndarray,
    candidates: Candidates,
    chosen: np.ndarray,
) -> Mix:
    """Return the pool with new captions in the place of originals.

    `chosen` holds the position in `candidates` of the new caption of each row, int64 `[rows]`, -1
    of one that keeps its own; `similarity_before` is float64 `[rows]`.
    """
    similarity = similarity_before.copy()
    new = chosen >= 0
    if new.any():
        similarity[new] = numbers_of(candidates.values[SIMILARITY])[chosen[new]]
    weight = np.zeros(len(ids), dtype=np.int32)
    return Mix(ids, texts, candidates, chosen, similarity_before, similarity, weight)
