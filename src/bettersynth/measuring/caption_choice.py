"""Candidates of each picture: asked for together, and which of them are kept.

The caption stage and `image_captioning_mapper` share this.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bettersynth.measuring.captioning import choose_candidates
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
