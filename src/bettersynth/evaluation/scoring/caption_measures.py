"""What the likelihoods of captions beside pictures tell of a model, in one number each.

Letters in shapes: G groups of S pairs; caption s of a group belongs to picture s.
"""

from __future__ import annotations

import numpy as np


def caption_loss(log_probabilities: np.ndarray, tokens: np.ndarray) -> float:
    """Return the mean cross entropy a token, in nats, of captions beside their own pictures.

    `log_probabilities` are sums over tokens, `[G, S captions, S pictures]`; `tokens` is `[G, S]`.
    """
    return float(-_own(log_probabilities).sum() / tokens.sum())


def picks_own_picture(log_probabilities: np.ndarray) -> float:
    """Return the share of captions, in 0 to 1, that are likelier beside their own picture.

    It is compared with the picture of the group's next pair alone; .5 is chance.
    """
    other = np.roll(log_probabilities, -1, axis=2)
    return float((_own(log_probabilities) > _own(other)).mean())


def own_picture_gain(log_probabilities: np.ndarray) -> float:
    """Return by how many nats the own picture makes a caption likelier than another's, on average.

    0 is what a model gives that does not look.
    """
    size = log_probabilities.shape[2]
    own = _own(log_probabilities)
    others = (log_probabilities.sum(axis=2) - own) / (size - 1)
    return float((own - others).mean())


def picture_retrieval(log_probabilities: np.ndarray) -> float:
    """Return the share of captions whose likeliest picture of the group is their own.

    1 / S is chance.
    """
    best = log_probabilities.argmax(axis=2)
    return float((best == np.arange(best.shape[1])).mean())


def caption_retrieval(log_probabilities: np.ndarray) -> float:
    """Return the share of pictures whose best caption of the group is their own; 1 / S is chance.

    A caption counts by how much likelier the picture makes it than the group's pictures do on
    average: else the shortest would win everywhere.
    """
    lifted = log_probabilities - log_probabilities.mean(axis=2, keepdims=True)
    best = lifted.argmax(axis=1)
    return float((best == np.arange(best.shape[1])).mean())


def _own(log_probabilities: np.ndarray) -> np.ndarray:
    """Return `[G, S]`: each caption beside the picture in its own place."""
    return np.diagonal(log_probabilities, axis1=1, axis2=2)
