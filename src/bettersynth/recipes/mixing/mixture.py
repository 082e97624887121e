"""What is trained on: which caption of which sample."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from bettersynth.data.samples.text_form import caption_of_text
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

    ids: list[str]
    own_text: pa.Array  # of the sample as it came
    new_text: dict[int, str]  # of the rows whose new version is in use
    source: list[str]  # who wrote the text or drew the picture, or `ORIGINAL`
    candidate: np.ndarray  # int32 [rows], number of the new version, -1: the original
    similarity_before: np.ndarray  # float64 [rows], of the original, NaN where not measured
    similarity: np.ndarray  # float64 [rows], of the text in use
    exchanged: np.ndarray  # bool [rows], whether a new version is in use
    weight: np.ndarray  # int32 [rows], visits in training; 0 until they are counted
    image: list[str]  # name of the new picture in use, "" where it is the sample's own

    def texts(self, rows: np.ndarray) -> list[str]:
        """Return the texts in use of some rows, int `[rows]`."""
        texts = self.own_text.take(pa.array(rows)).to_pylist()
        for place, row in enumerate(rows.tolist()):
            if row in self.new_text:
                texts[place] = self.new_text[row]
        return texts

    def word_counts(self) -> np.ndarray:
        """Return how many words the caption in use of each row has, int64 `[rows]`."""
        counts = np.zeros(len(self.ids), dtype=np.int64)
        for start in range(0, len(counts), ROWS_AT_ONCE):
            rows = np.arange(start, min(start + ROWS_AT_ONCE, len(counts)))
            counts[rows] = [len(caption_of_text(text).split()) for text in self.texts(rows)]
        return counts


def mix_captions(
    ids: Sequence[str],
    texts: pa.ChunkedArray,
    similarity_before: np.ndarray,
    candidates: Candidates,
    chosen: Mapping[int, int],
) -> Mix:
    """Return the pool with new captions in the place of originals.

    `chosen` holds the position in `candidates` of the new caption of each row that gets one;
    `similarity_before` is float64 `[rows]`.
    """
    mix = Mix(
        ids=list(ids),
        # 64-bit places: the texts of twelve million rows come near 2 GB
        own_text=texts.cast(pa.large_string()).combine_chunks(),
        new_text={},
        source=[ORIGINAL] * len(ids),
        candidate=np.full(len(ids), -1, dtype=np.int32),
        similarity_before=similarity_before,
        similarity=similarity_before.copy(),
        exchanged=np.zeros(len(ids), dtype=bool),
        weight=np.zeros(len(ids), dtype=np.int32),
        image=[""] * len(ids),
    )
    similarity = numbers_of(candidates.values.get(SIMILARITY, []))
    for row, position in chosen.items():
        mix.new_text[row] = candidates.text[position]
        mix.image[row] = candidates.image[position]
        mix.source[row] = candidates.captioner[position]
        mix.candidate[row] = candidates.candidate[position]
        mix.similarity[row] = similarity[position]
        mix.exchanged[row] = True
    return mix
