"""Tensors that travel as bytes are the same again; how models are asked: test_launched_answers."""

from __future__ import annotations

import pickle

import pytest
import torch

from bettersynth.models.answering.packed_model import packed, unpacked


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_a_tensor_of_any_precision_is_the_same_after_its_journey(dtype):
    tensor = torch.randn(3, 4, 5, generator=torch.Generator().manual_seed(0)).to(dtype)
    there = pickle.loads(pickle.dumps(packed(tensor[:2])))
    back = unpacked(there)
    assert back.dtype == dtype
    assert torch.equal(back, tensor[:2])
