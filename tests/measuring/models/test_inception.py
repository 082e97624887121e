"""InceptionV3's features are torch-fidelity's, and so is the distance of them."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from bettersynth.errors import UserError
from bettersynth.evaluation.statistics.frechet_distance import frechet_distance
from bettersynth.measuring.models.inception import inception_features


def test_missing_weights_are_one_line():
    with pytest.raises(UserError, match="absent.pth .--inception. does not exist"):
        inception_features([], "absent.pth")


@pytest.fixture
def weights(tmp_path, monkeypatch):
    """A file of torch-fidelity's with random weights in the place of the published ones."""
    network = pytest.importorskip("torch_fidelity.feature_extractor_inceptionv3")
    kind = network.FeatureExtractorInceptionV3
    torch.manual_seed(0)
    with monkeypatch.context() as patch:
        patch.setattr(network, "load_state_dict_from_url", lambda *given, **settings: None)
        patch.setattr(kind, "load_state_dict", lambda self, state: None)
        untrained = kind("inception-v3-compat", ["2048"])
    torch.save(untrained.state_dict(), tmp_path / "weights.pth")
    return str(tmp_path / "weights.pth")


@pytest.mark.slow
def test_features_and_distance_are_those_of_torch_fidelity(weights):
    from torch_fidelity.metric_fid import fid_features_to_statistics, fid_statistics_to_metric

    random = np.random.default_rng(0)
    pictures = []
    for side in (40, 64, 90, 64, 32, 50):
        pictures.append(Image.fromarray(random.integers(0, 256, (side, 50, 3), np.uint8)))
    rows = inception_features(pictures, weights)
    assert rows.shape == (6, 2048)
    again = inception_features(pictures[2:3], weights)
    assert np.array_equal(again[0], rows[2])
    first, second = rows[:3, :64], rows[3:, :64]
    sides = [fid_features_to_statistics(torch.from_numpy(side)) for side in (first, second)]
    theirs = fid_statistics_to_metric(*sides, verbose=False)["frechet_inception_distance"]
    assert frechet_distance(first, second) == pytest.approx(theirs, rel=1e-3)
