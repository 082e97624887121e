"""Arrays on their way to the device of a model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from torch import Tensor, device


def on_device(array: np.ndarray, model_device: device | str) -> Tensor:
    """Return an array as a tensor where the model is.

    To a GPU it goes through pinned memory, and nobody waits for it here: what the GPU does next
    waits by itself.
    """
    import torch

    tensor = torch.from_numpy(array)
    if not str(model_device).startswith("cuda"):
        return tensor.to(model_device)
    # torch keeps the pinned copy until the GPU has read it
    return tensor.pin_memory().to(model_device, non_blocking=True)
