"""Arrays arrive with their values and their type."""

import numpy as np
import pytest
import torch

from bettersynth.models.devices.to_device import on_device

DEVICES = [
    "cpu",
    pytest.param("cuda", marks=pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")),
]


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.int64])
def test_an_array_arrives_as_it_is(device, dtype):
    array = np.arange(24).reshape(2, 3, 4).astype(dtype)
    tensor = on_device(array, device)
    assert tensor.device.type == device
    assert tensor.cpu().numpy().dtype == dtype
    assert np.array_equal(tensor.cpu().numpy(), array)
