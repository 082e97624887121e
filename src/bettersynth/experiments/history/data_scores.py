"""What a training set is worth before training on it: how different its pairs are, how far its
pictures lie from others'.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bettersynth.data.samples.batch import ImageFacts, Images
from bettersynth.evaluation.statistics.frechet_distance import FEWEST, frechet_distance
from bettersynth.evaluation.statistics.vendi_score import vendi_score
from bettersynth.experiments.export.training_pairs import TrainingPair, TrainingPairs
from bettersynth.measuring.models.image_text_scorers import load_scorer
from bettersynth.measuring.models.inception import inception_features, require_inception
from bettersynth.models.backbones.nano_features import nano_pooled

NANO = "nano"


@dataclass(frozen=True)
class Eyes:
    """What looks at pictures and texts.

    `hf_clip` embeds both, as in `image_text_similarity_filter`. `inception` is the file of
    InceptionV3's weights, for the distance between pictures; "" for the embedding's own tower.
    """

    hf_clip: str = NANO
    inception: str = ""

    def features(self, images: Images, names: Sequence[str]) -> np.ndarray:
        """Return what the distance of pictures goes by, `[names, width]`."""
        if self.inception:
            return inception_features(map(images.picture, names), self.inception)
        if self.hf_clip == NANO:
            return nano_pooled(images, names)
        return load_scorer(self.hf_clip, False).embed_images(images, names)

    @property
    def features_name(self) -> str:
        """What the distance goes by, in words."""
        if self.inception:
            return "InceptionV3"
        return "nano's towers" if self.hf_clip == NANO else self.hf_clip


class PictureSet:
    """Different pictures, called by the sha256 of their bytes; one is read when it is looked at."""

    def __init__(self) -> None:
        self._reads: dict[str, Callable[[], bytes]] = {}

    def add(self, sha256: str, read: Callable[[], bytes]) -> None:
        """Add the picture of these bytes, unless it is there."""
        self._reads.setdefault(sha256, read)

    @property
    def names(self) -> list[str]:
        """Their hashes, sorted: sums round by order."""
        return sorted(self._reads)

    @property
    def images(self) -> Images:
        """The pictures as what looks at them takes them."""
        # what is looked at here has no need of sizes
        facts = {name: ImageFacts(name, 0, 0, 0) for name in self._reads}
        return Images(lambda name: self._reads[name](), facts)


class TrainingData:
    """What an experiment trains on: its pictures and captions.

    Beside them the new pictures among them (`drawn`), and those of the pool that these stand for.
    """

    def __init__(self, name: str) -> None:
        """Read the experiment `name`.

        Raises:
            UserError: it has no training set, or its pool is not at hand.
        """
        self.name = name
        self.pictures = PictureSet()
        self.drawn = PictureSet()
        self.replaced = PictureSet()
        self.captions: list[str] = []
        pairs = TrainingPairs(name)
        for pair in pairs:
            self.captions.append(pair.caption)
            replaced = pairs.replaced(pair)
            for number, sha256 in enumerate(pairs.hashes(pair)):
                read = functools.partial(_picture, pairs, pair, number)
                self.pictures.add(sha256, read)
                if replaced:
                    self.drawn.add(sha256, read)
            for number, sha256 in enumerate(replaced):
                self.replaced.add(sha256, functools.partial(pairs.read_replaced, pair, number))


def _picture(pairs: TrainingPairs, pair: TrainingPair, number: int) -> bytes:
    return pairs.pictures(pair)[number]


def score_data(name: str, against: str, eyes: Eyes) -> dict[str, Any]:
    """Return the numbers of an experiment's training set.

    `pairs`, `pictures` (different ones), `captions` (different ones), `picture_vendi` and
    `caption_vendi`; `drawn` pictures and `drawn_fid` to those that they stand for, where there are
    some; `fid` to the pictures of `against`, "" for none.

    Raises:
        UserError: a training set or a model is missing.
    """
    # what is missing is told before anything is looked at
    data = TrainingData(name)
    other = TrainingData(against) if against else None
    if eyes.inception:
        require_inception(eyes.inception)
    scorer = load_scorer(eyes.hf_clip, False)
    names = data.pictures.names
    captions = sorted(set(data.captions))
    scores: dict[str, Any] = {
        "name": name,
        "pairs": len(data.captions),
        "pictures": len(names),
        "captions": len(captions),
        "embeddings": eyes.hf_clip,
        "picture_vendi": vendi_score(scorer.embed_images(data.pictures.images, names)),
        "caption_vendi": vendi_score(scorer.embed_texts(captions)),
        "features": eyes.features_name,
    }
    if data.drawn.names:
        scores["drawn"] = len(data.drawn.names)
        scores["drawn_fid"] = _distance(data.drawn, data.replaced, eyes)
    if other:
        scores["against"] = against
        scores["fid"] = _distance(data.pictures, other.pictures, eyes)
    return scores


def _distance(first: PictureSet, second: PictureSet, eyes: Eyes) -> float | None:
    """Return the Fréchet distance of two sets of pictures; None where one has a single picture."""
    if min(len(first.names), len(second.names)) < FEWEST:
        return None
    sides = [eyes.features(side.images, side.names) for side in (first, second)]
    return frechet_distance(*sides)


def described(scores: Mapping[str, Any]) -> str:
    """Return the numbers as lines."""
    lines = [
        f"{scores['name']}: {scores['pairs']:,} pairs, {scores['pictures']:,} different pictures, "
        f"{scores['captions']:,} different captions",
        f"Vendi score by {scores['embeddings']}: pictures {scores['picture_vendi']:.1f}, captions "
        f"{scores['caption_vendi']:.1f} (1: all alike; their number: none like another)",
    ]
    for count, distance in (("drawn", "drawn_fid"), ("against", "fid")):
        if distance not in scores:
            continue
        others = f"{scores[count]}'s pictures"
        if count == "drawn":
            others = f"the {scores[count]:,} drawn pictures to those that they stand for"
        value = scores[distance]
        told = "none, of one picture" if value is None else f"{value:.3f}"
        lines.append(f"Fréchet distance by {scores['features']} to {others}: {told}")
    return "\n".join(lines)
