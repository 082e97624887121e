"""The chunks of samples that pair words with pictures, and one value for each of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from bettersynth.data.samples.batch import BadSample, Batch, image_chunks

# words without special tokens, names of its pictures
Chunk = tuple[str, list[str]]
REDUCE: dict[str, Callable[[Sequence[float] | np.ndarray], np.floating]] = {
    "avg": np.mean,
    "max": np.max,
    "min": np.min,
}


def picture_chunks(batch: Batch) -> list[list[Chunk]]:
    """Return the chunks with an image token of each sample, none for a sample without pictures.

    Raises:
        BadSample: a chunk has image tokens but no picture is left for them.
    """
    chunks = []
    bad = []
    for position, sample in enumerate(image_chunks(batch)):
        # a text may still hold the tokens of pictures that its sample has lost
        sample = sample if batch.images[position] else []
        if not all(names for _, names in sample):
            bad.append(position)
        chunks.append(sample)
    if bad:
        raise BadSample(bad, "more image tokens than pictures")
    return chunks


def distinct_pairs(chunks: Sequence[Sequence[Chunk]]) -> list[tuple[str, str]]:
    """Return the different (image name, words) of all chunks, in order of appearance."""
    pairs: dict[tuple[str, str], None] = {}
    for sample in chunks:
        for words, names in sample:
            pairs.update(((name, words), None) for name in names)
    return list(pairs)


def reduced_values(
    chunks: Sequence[Sequence[Chunk]], values: dict[tuple[str, str], float], mode: str
) -> list[list[float]]:
    """Return one value a chunk: the values of its (image name, words), reduced by `mode`."""
    reduce = REDUCE[mode]
    reduced = []
    for sample in chunks:
        of_sample = []
        for words, names in sample:
            of_chunk = [values[name, words] for name in names]
            of_sample.append(float(reduce(of_chunk)))
        reduced.append(of_sample)
    return reduced
