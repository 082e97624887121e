"""Keep samples whose pictures fit their text by a contrastive image-text model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from bettersynth.data.pictures.flips import Flips
from bettersynth.data.samples.batch import BadSample, Batch
from bettersynth.measuring.models import image_text_scorers
from bettersynth.measuring.models.clip_scorer import ClipScorer
from bettersynth.measuring.models.scorer_choice import ScorerChoice
from bettersynth.measuring.pictures.picture_chunks import REDUCE, Chunk, picture_chunks
from bettersynth.measuring.protocols import Values
from bettersynth.measuring.ranges import ImageEnds, keep_images

VERSION = 2
READS = ("text", "images")
STATS = ("image_text_similarity",)
CACHED = True


@dataclass(frozen=True)
class Measuring(ScorerChoice):
    """`reduce_mode` joins the pictures of one chunk. The flips turn every picture first.
    `compat: data_juicer` takes over a CLIP processor's guess of the channel order: where the
    first picture of a chunk is 1 or 3 pixels high, all of the chunk are read channels first,
    which only pictures 3 pixels high survive.
    """

    reduce_mode: Literal["avg", "max", "min"] = "avg"
    horizontal_flip: bool = False
    vertical_flip: bool = False
    compat: Literal["", "data_juicer"] = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.compat:
            self.require_float32()


@dataclass(frozen=True)
class Deciding(ImageEnds):
    """The range that is kept: `min_score` to `max_score`."""

    min_score: float = 0.1
    max_score: float = 1.0


def model_hash(settings: Measuring) -> str:
    """Return what changes when the files do that a value depends on."""
    return image_text_scorers.model_hash(settings.hf_clip)


def measure(batch: Batch, settings: Measuring) -> Values:
    """Return `image_text_similarity`: one value in [-1, 1] for each chunk with an image token.

    A sample without pictures has none.

    Raises:
        BadSample: a chunk has image tokens but no picture is left for them, or pictures that
            `compat` cannot read.
    """
    chunks = picture_chunks(batch)
    if not any(chunks):
        return {"image_text_similarity": [[] for _ in chunks]}
    scorer = image_text_scorers.load_scorer(
        settings.hf_clip, settings.trust_remote_code, settings.precision
    )
    guesses = settings.compat == "data_juicer" and isinstance(scorer, ClipScorer)
    pairs, channels_first = shown_pairs(batch, chunks, guesses)
    scores = np.empty(len(pairs), dtype=np.float32)
    # both orders of channels apart: a call prepares all its pictures alike
    for order in (False, True):
        chosen = np.flatnonzero(channels_first == order)
        if len(chosen):
            flips = Flips(settings.horizontal_flip, settings.vertical_flip, order)
            own_pairs = [pairs[place] for place in chosen]
            scores[chosen] = scorer.similarity(batch.pictures, own_pairs, flips)
    return {"image_text_similarity": reduced_scores(chunks, scores, settings.reduce_mode)}


def shown_pairs(
    batch: Batch, chunks: Sequence[Sequence[Chunk]], guesses: bool
) -> tuple[list[tuple[str, str]], np.ndarray]:
    """Return (image name, words) for every picture of every chunk, in order.

    Beside them, bool `[pairs]`: which pictures are read channels first. Where the processor
    `guesses`, the first picture of a chunk decides for all of it.

    Raises:
        BadSample: a picture is to be read so that does not have three rows.
    """
    pairs: list[tuple[str, str]] = []
    channels_first: list[bool] = []
    unfit: list[int] = []
    for position, sample in enumerate(chunks):
        for words, names in sample:
            guessed = guesses and _height(batch, names[0]) in (1, 3)
            if guessed and any(_height(batch, name) != 3 for name in names):
                unfit.append(position)
            pairs += [(name, words) for name in names]
            channels_first += [guessed] * len(names)
    if unfit:
        raise BadSample(
            list(dict.fromkeys(unfit)),
            "a chunk's first picture is 1 or 3 pixels high: "
            "Data-Juicer takes its pictures' heights for channels",
        )
    return pairs, np.array(channels_first, dtype=bool)


def reduced_scores(
    chunks: Sequence[Sequence[Chunk]], scores: np.ndarray, mode: str
) -> list[list[float]]:
    """Return one value a chunk from float32 `[pairs]`, one score for each of its pictures."""
    reduce = REDUCE[mode]
    reduced = []
    start = 0
    for sample in chunks:
        of_sample = []
        for _, names in sample:
            own = scores[start : start + len(names)]
            of_sample.append(float(reduce(own)))
            start += len(names)
        reduced.append(of_sample)
    return reduced


def _height(batch: Batch, name: str) -> int:
    return batch.pictures.shape(name)[1]


def keep(values: Values, settings: Deciding) -> np.ndarray:
    """Return bool `[samples]`: whose values, any or all, are in the range."""
    return keep_images(
        values["image_text_similarity"], settings.min_score, settings.max_score, settings
    )
