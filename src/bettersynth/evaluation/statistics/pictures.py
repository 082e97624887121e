"""Questions on one picture are answered alike, so intervals and tests resample pictures.

Four questions a picture, resampled one by one, made 95 % intervals that covered 84 to 90 %
(`benchmarks/interval_coverage.py --questions 4`).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def by_picture(
    scores: np.ndarray, pictures: Sequence[str], weights: np.ndarray | None = None
) -> np.ndarray:
    """Return `[seeds, pictures]`: what each picture brings to the mean of `scores [seeds, items]`.

    `pictures [items]` names each item's picture; `weights [items]` is how much an item counts (an
    MMBench question counts once for each rolled row; by default once). Each seed's plain mean over
    pictures is its weighted mean over items, and a resample of pictures is, to first order, the
    resampled ratio of their scores to their weights. Items with a picture and a weight of their own
    come back as they are.

    Source: the influence of a cluster on a ratio of sums (Cochran, Sampling Techniques, chapter 6).
    """
    _, first, groups = np.unique(np.asarray(pictures), return_index=True, return_inverse=True)
    weighs = np.ones(scores.shape[1]) if weights is None else np.asarray(weights, dtype=float)
    if len(first) == scores.shape[1] and (weighs == weighs[0]).all():
        return scores
    means = np.average(scores, axis=1, weights=weighs)[:, None]  # [seeds, 1]
    influences = np.zeros((scores.shape[0], len(first)))  # [seeds, pictures]
    for seed, deviations in enumerate((scores - means) * weighs):
        influences[seed] = np.bincount(groups, deviations, minlength=len(first))
    # in the order in which the pictures come up: the items' own order where they are alone
    in_order = influences[:, np.argsort(first)]
    return means + in_order * len(first) / weighs.sum()
