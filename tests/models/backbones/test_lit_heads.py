"""The score of a pair: a cosine less what either side reaches on a bank."""

import pytest
import torch
from torch.nn.functional import normalize

from bettersynth.models.backbones.lit_heads import (
    Heads,
    excess,
    pair_scores,
    standard_of,
    standardise,
)


def test_the_excess_lies_between_mean_and_maximum_of_the_bank() -> None:
    scores = torch.tensor([[0.1, 0.2, 0.9]])
    assert scores.mean() < excess(scores, 0.05)[0] < scores.max()
    assert excess(scores, 100.0)[0] == pytest.approx(float(scores.mean()), abs=1e-3)


def test_a_caption_that_fits_every_picture_loses_to_one_that_fits_its_own() -> None:
    axes = torch.eye(6)
    general, own = axes[:1], axes[1:2]
    image = normalize(general + 0.8 * own, dim=-1)
    # other pictures: the same general part, parts of their own
    bank = normalize(general + 0.8 * axes[2:], dim=-1)
    assert float(image @ general.T) > float(image @ own.T)
    corrected = [float(pair_scores(image, text, bank, axes[2:], 0.05)) for text in (general, own)]
    assert corrected[0] < corrected[1]


def test_standardised_features_have_mean_zero_and_deviation_one() -> None:
    pooled = torch.rand(50, 1280, generator=torch.Generator().manual_seed(0))
    pooled[:, 0] = 0.25  # a channel that never changes
    features = standardise(pooled, standard_of(pooled))
    torch.testing.assert_close(features.mean(0), torch.zeros(1280), atol=1e-5, rtol=0)
    torch.testing.assert_close(features[:, 1:].std(0), torch.ones(1279), atol=1e-2, rtol=0)
    assert features[:, 0].abs().max() < 1e-3


def test_both_heads_give_unit_vectors_of_one_width() -> None:
    heads = Heads(hidden=16, width=8, dropout=0.5).eval()
    for vectors in (heads.images(torch.rand(3, 1280)), heads.texts(torch.rand(3, 384))):
        assert vectors.shape == (3, 8)
        torch.testing.assert_close(vectors.norm(dim=1), torch.ones(3))
