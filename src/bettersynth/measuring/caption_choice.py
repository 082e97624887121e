"""Candidates of each picture: asked for together, and which of them are kept.

The caption stage and `image_captioning_mapper` share this.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from bettersynth.data.files.hashing import content_key
from bettersynth.measuring.text.shingles import shingle_function
from bettersynth.measuring.text.simhash import simhash
from bettersynth.models.captioners import Request
from bettersynth.settings.caption import CandidateMode

# Returns how well each (position of a picture, caption) pair fits
Similarity = Callable[[Sequence[tuple[int, str]]], Sequence[float]]


@dataclass(frozen=True)
class Described:
    """What is chosen from for one picture.

    `words` are the sample's own, without special tokens; `draw` are the words that alone decide
    what `random_any` takes.
    """

    captions: Sequence[str]
    words: str = ""
    draw: Sequence[str] = ()


def requests_of(images: Sequence[str], prompts: Sequence[str], count: int) -> list[Request]:
    """Return `count` requests for each picture and its prompt, one after the other."""
    requests: list[Request] = []
    for image, prompt in zip(images, prompts, strict=True):
        requests += [Request(image, prompt, candidate) for candidate in range(count)]
    return requests


def by_picture(captions: Sequence[str], count: int) -> list[list[str]]:
    """Return the captions of each picture, `[pictures][up to count]`, without refusals ("")."""
    pictures: list[list[str]] = []
    for start in range(0, len(captions), count):
        pictures.append([text for text in captions[start : start + count] if text])
    return pictures


def kept_captions(
    mode: CandidateMode,
    pictures: Sequence[Described],
    similarity: Similarity,
    compat: str = "",
) -> list[list[int]]:
    """Return the positions of the captions of each picture that are kept.

    `similarity` is asked once, for all pairs of all pictures, and by `best_similarity` alone.
    """
    scores: dict[int, list[float]] = {}
    if mode == "best_similarity":
        pairs: list[tuple[int, str]] = []
        for position, picture in enumerate(pictures):
            # of one alone there is nothing to choose, so its score would be wasted
            if len(picture.captions) > 1:
                pairs += [(position, caption) for caption in picture.captions]
        measured = similarity(pairs) if pairs else []
        for (position, _), score in zip(pairs, measured, strict=True):
            scores.setdefault(position, []).append(score)
    kept: list[list[int]] = []
    for position, picture in enumerate(pictures):
        own = scores.get(position, [])

        def measured_before(_: Sequence[str], own: list[float] = own) -> list[float]:
            return own

        kept.append(
            choose_candidates(
                mode, picture.captions, picture.words, picture.draw, measured_before, compat
            )
        )
    return kept


def choose_candidates(
    mode: CandidateMode,
    candidates: Sequence[str],
    original: str = "",
    draw: Sequence[str] = (),
    similarity: Callable[[Sequence[str]], Sequence[float]] | None = None,
    compat: str = "",
) -> list[int]:
    """Return the positions of the candidates that are kept: none of none, all by `all`, else one.

    `random_any` takes any one, decided by the words of `draw` alone; `similar_one_simhash` the one
    whose SimHash (of pairs of words) differs in the fewest bits from that of `original`;
    `best_similarity` the one that fits its picture best. The first of equals.

    Source: image_captioning_mapper of Data-Juicer, which has the first three.
    """
    if mode == "all" or len(candidates) < 2:
        return list(range(len(candidates)))
    if mode == "random_any":
        rng = np.random.default_rng(list(content_key(["caption.random_any", *draw])))
        return [int(rng.integers(len(candidates)))]
    if mode == "similar_one_simhash":
        return [_nearest_by_simhash(candidates, original, compat)]
    assert similarity is not None
    return [int(np.argmax(similarity(candidates)))]


def _nearest_by_simhash(candidates: Sequence[str], original: str, compat: str) -> int:
    shingles = shingle_function("space", 2, True, None, "", compat != "data_juicer")
    own = simhash(shingles(original))
    distances = [(simhash(shingles(text)) ^ own).bit_count() for text in candidates]
    return distances.index(min(distances))
