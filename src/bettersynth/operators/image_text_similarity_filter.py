"""Keep samples whose pictures fit their text by the similarity of a contrastive image-text model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from bettersynth.data.pictures.flips import Flips
from bettersynth.data.samples.batch import BadSample, Batch, image_chunks
from bettersynth.measuring.models import image_text_scorers
from bettersynth.measuring.protocols import Values
from bettersynth.measuring.ranges import ImageEnds, keep_images

VERSION = 2
READS = ("text", "images")
STATS = ("image_text_similarity",)
CACHED = True

REDUCE = {"avg": np.mean, "max": np.max, "min": np.min}


@dataclass(frozen=True)
class Measuring:
    """`hf_clip` names the model: `nano` (the pipeline's own scorer), `open_clip:ARCHITECTURE/WEIGHTS`, a folder or a hub id of a CLIP.

    `reduce_mode` joins the pictures of one chunk. The flips turn every picture first. `compat: data_juicer` takes over a CLIP processor's
    guess of the channel order: where the first picture of a chunk is 1 or 3 pixels high, all of the chunk are read channels first, which
    only pictures 3 pixels high survive.
    """

    hf_clip: str = "openai/clip-vit-base-patch32"
    trust_remote_code: bool = False
    reduce_mode: Literal["avg", "max", "min"] = "avg"
    horizontal_flip: bool = False
    vertical_flip: bool = False
    compat: Literal["", "data_juicer"] = ""


@dataclass(frozen=True)
class Deciding(ImageEnds):
    min_score: float = 0.1
    max_score: float = 1.0


def model_hash(settings: Measuring) -> str:
    return image_text_scorers.model_hash(settings.hf_clip)


def measure(batch: Batch, settings: Measuring) -> Values:
    """Return `image_text_similarity`: one value in [-1, 1] for each chunk with an image token, [] for a sample without pictures.

    Raises:
        BadSample: a chunk has image tokens but no picture is left for them, or pictures that `compat` cannot read.
    """
    chunks = [
        found if names else []
        for found, names in zip(image_chunks(batch), batch.images, strict=True)
    ]
    bad = [i for i, found in enumerate(chunks) if any(not names for _, names in found)]
    if bad:
        raise BadSample(bad, "more image tokens than pictures")
    if not any(chunks):
        return {"image_text_similarity": [[] for _ in chunks]}
    scorer = image_text_scorers.load_scorer(settings.hf_clip, settings.trust_remote_code)
    guesses = settings.compat == "data_juicer" and isinstance(scorer, image_text_scorers.ClipScorer)
    parts = [
        [(text, names, guesses and _height(batch, names[0]) in (1, 3)) for text, names in found]
        for found in chunks
    ]
    unfit = [
        i
        for i, found in enumerate(parts)
        if any(
            channels_first and _height(batch, name) != 3
            for _, names, channels_first in found
            for name in names
        )
    ]
    if unfit:
        raise BadSample(
            unfit,
            "a chunk's first picture is 1 or 3 pixels high: Data-Juicer takes its pictures' heights for channels",
        )
    pairs = [(name, text) for found in parts for text, names, _ in found for name in names]
    guessed = np.array(
        [channels_first for found in parts for _, names, channels_first in found for _ in names]
    )
    scores = np.empty(len(pairs), dtype=np.float32)
    for channels_first in np.unique(guessed).tolist():
        chosen = np.flatnonzero(guessed == channels_first)
        flips = Flips(settings.horizontal_flip, settings.vertical_flip, channels_first)
        scores[chosen] = scorer.similarity(batch.pictures, [pairs[k] for k in chosen], flips)
    ends = np.cumsum([len(names) for found in chunks for _, names in found])
    reduced = iter(REDUCE[settings.reduce_mode](part) for part in np.split(scores, ends[:-1]))
    return {"image_text_similarity": [[float(next(reduced)) for _ in found] for found in chunks]}


def _height(batch: Batch, name: str) -> int:
    return batch.pictures.shape(name)[1]


def keep(values: Values, settings: Deciding) -> np.ndarray:
    return keep_images(
        values["image_text_similarity"], settings.min_score, settings.max_score, settings
    )
