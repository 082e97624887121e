"""Pictures as InceptionV3 sees them, by the package torch-fidelity: what a published FID is of."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import Any

import numpy as np
from PIL import Image

from bettersynth.errors import UserError, require_present

# of its last pooling layer
WIDTH = 2048


def require_inception(weights: str) -> None:
    """Pass if the network and its weights are there.

    Raises:
        UserError: the package or the file is missing, or the file holds more than tensors.
    """
    _network(weights)


def inception_features(pictures: Iterable[Image.Image], weights: str) -> np.ndarray:
    """Return float32 `[pictures, 2048]` of RGB pictures of any size, which are held one by one.

    `weights` is torch-fidelity's file of them, weights-inception-2015-12-05-6726825d.pth: those of
    the first FID. Its own network resizes pictures as TensorFlow 1 did.

    Raises:
        UserError: the package or the file is missing, or the file holds more than tensors.
    """
    import torch

    network = _network(weights)
    rows = [np.empty((0, WIDTH), dtype=np.float32)]
    for picture in pictures:
        # alone: each has a size of its own
        pixels = torch.from_numpy(np.array(picture)).permute(2, 0, 1)[None]  # uint8 [1, 3, H, W]
        with torch.inference_mode():
            rows.append(network(pixels)[0].numpy())
    return np.concatenate(rows)


@functools.lru_cache(maxsize=1)
def _network(weights: str) -> Any:
    require_present(weights, "--inception")
    try:
        from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3
    except ImportError:
        raise UserError(
            "--inception needs the package torch-fidelity: pip install 'bettersynth[fid]'"
        ) from None
    from bettersynth.models.weights.reading import read_weights

    # refuses a pickle that holds more than tensors: torch-fidelity would run it
    read_weights(weights)
    kind = "inception-v3-compat"
    network = FeatureExtractorInceptionV3(
        kind, [str(WIDTH)], feature_extractor_weights_path=weights
    )
    return network.eval()
