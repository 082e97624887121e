"""Pooled features of the nano towers for any picture: read where they are stored, else computed."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from bettersynth.data.pictures.flips import NO_FLIPS, Flips
from bettersynth.data.samples.batch import Images
from bettersynth.data.tables.feature_store import DRAWN_FEATURES, FEATURES, INDEX, FeatureStore
from bettersynth.models.backbones.lite0_shapes import POOLED_CHANNELS, square_pixels

# torch, which pictures of the feature store do without
if TYPE_CHECKING:
    from bettersynth.models.backbones.lite0_towers import Lite0Towers

NANO_TOWERS = Path("models/towers")
IMAGE_BATCH = 32


@functools.lru_cache(maxsize=1)
def _store() -> FeatureStore | None:
    folders = [folder for folder in (FEATURES, DRAWN_FEATURES) if (folder / INDEX).exists()]
    return FeatureStore(*folders) if folders else None


@functools.lru_cache(maxsize=1)
def _towers() -> Lite0Towers:
    from bettersynth.models.backbones.lite0_towers import Lite0Towers

    return Lite0Towers.load(NANO_TOWERS)


def nano_pooled(images: Images, names: Sequence[str], flips: Flips = NO_FLIPS) -> np.ndarray:
    """Return the pooled tower features float32 `[names, 1280]`.

    They are rows of the feature store where the picture is in it, upright, else computed.
    """
    # the store holds pictures as they are, none mirrored
    store = None if any(flips) else _store()
    pooled = np.empty((len(names), POOLED_CHANNELS), dtype=np.float32)
    missing: list[int] = []
    for position, name in enumerate(names):
        sha256 = images.sha256(name)
        if store is not None and sha256 in store:
            # rows are float32 on disk: the same bits as computed ones
            pooled[position] = store.pooled([store.row(sha256)])[0]
        else:
            missing.append(position)
    for start in range(0, len(missing), IMAGE_BATCH):
        batch = missing[start : start + IMAGE_BATCH]
        pictures = [flips.apply(images.picture(names[position])) for position in batch]
        pixels = np.stack([square_pixels(picture) for picture in pictures])
        pooled[batch] = _towers().features_of_pixels(pixels).pooled
    return pooled
