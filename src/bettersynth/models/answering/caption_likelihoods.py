"""How likely a model finds each caption of a group of pairs beside each picture of the group.

Letters in shapes: G groups of S pairs.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from bettersynth.data.pictures.images import ImageStore
from bettersynth.data.questions.prompts import DESCRIBE_QUESTIONS
from bettersynth.data.samples.held_out_pairs import HeldOutPair
from bettersynth.data.tables.samples import POOL_IMAGES
from bettersynth.models.answering.answer_tokens import Answer
from bettersynth.models.answering.answerer import Answerer


class CaptionLikelihoods(NamedTuple):
    """`log_probabilities` `[G, S captions, S pictures]` are natural, summed over the tokens.

    `tokens` `[G, S]` counts each caption's, the end of the turn with it.
    """

    log_probabilities: np.ndarray
    tokens: np.ndarray


def caption_likelihoods(
    answerer: Answerer, groups: Sequence[Sequence[HeldOutPair]]
) -> CaptionLikelihoods:
    """Return the likelihoods of groups of equal size.

    Raises:
        UserError: a picture is not in the pool's shards, or has no features.
    """
    size = len(groups[0])
    store = ImageStore(POOL_IMAGES)
    answerer.see([store.read(pair.image) for pair in itertools.chain.from_iterable(groups)])
    answers = []
    for number, group in enumerate(groups):
        for pair in group:
            for picture in range(number * size, (number + 1) * size):
                # stage 1 was trained with questions like this one
                answers.append(Answer(DESCRIBE_QUESTIONS[0], picture, pair.caption))
    likelihoods = answerer.likelihoods(answers, "caption likelihood")
    shape = (len(groups), size, size)
    sums = np.array([likelihood.log_probability for likelihood in likelihoods])
    tokens = np.array([likelihood.tokens for likelihood in likelihoods])
    # a caption has the same tokens beside every picture
    return CaptionLikelihoods(sums.reshape(shape), tokens.reshape(shape)[:, :, 0])
