"""Both feature maps of nano's towers for any picture: read where they are stored, else computed."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np

from bettersynth.data.samples.batch import Images
from bettersynth.data.tables.feature_store import DRAWN_FEATURES, FEATURES, INDEX, FeatureStore
from bettersynth.models.backbones.lite0_shapes import (
    HIGH_RES_CHANNELS,
    HIGH_RES_SIDE,
    LOW_RES_CHANNELS,
    LOW_RES_TOKENS,
)
from bettersynth.models.backbones.lite0_towers import Lite0Towers
from bettersynth.models.backbones.nano_features import NANO_TOWERS


@functools.lru_cache(maxsize=1)
def _store() -> FeatureStore | None:
    folders = [folder for folder in (FEATURES, DRAWN_FEATURES) if (folder / INDEX).exists()]
    return FeatureStore(*folders) if folders else None


@functools.lru_cache(maxsize=1)
def _towers() -> Lite0Towers:
    return Lite0Towers.load(NANO_TOWERS)


def nano_maps(images: Images, names: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Return float16 `[names, 16, 320]` and `[names, 8, 8, 496]`: tokens, and a map of them.

    They are rows of the feature store where the picture is in it: the same bits as computed ones.
    """
    low_res = np.empty((len(names), LOW_RES_TOKENS, LOW_RES_CHANNELS), dtype=np.float16)
    high_res_shape = (len(names), HIGH_RES_SIDE, HIGH_RES_SIDE, HIGH_RES_CHANNELS)
    high_res = np.empty(high_res_shape, dtype=np.float16)
    store = _store()
    missing = []
    for position, name in enumerate(names):
        sha256 = images.sha256(name)
        if store is not None and sha256 in store:
            rows = [store.row(sha256)]
            low_res[position] = store.low_res(rows)[0]
            high_res[position] = store.high_res(rows)[0]
        else:
            missing.append(position)
    if missing:
        pictures = [images.picture(names[position]) for position in missing]
        features = _towers().features(pictures)
        low_res[missing] = features.low_res
        high_res[missing] = features.high_res
    return low_res, high_res
