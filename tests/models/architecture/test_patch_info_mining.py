from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from bettersynth.errors import UserError
from bettersynth.models.architecture.patch_info_mining import PatchInfoMining, windows


def plain_mining(
    mining: PatchInfoMining, low_res: torch.Tensor, high_res: torch.Tensor
) -> torch.Tensor:
    """Attention with keys and values projected for every cell, as the paper writes it."""
    cells = windows(high_res, low_res.shape[1])
    query, key, value = mining.query(low_res), mining.aux(cells), mining.val(cells)
    weights = ((query.unsqueeze(2) * key).sum(-1) / query.shape[-1] ** 0.5).softmax(-1)
    return (weights.unsqueeze(-1) * value).sum(2)


def test_pulling_the_projections_out_of_the_window_changes_neither_output_nor_gradients():
    torch.manual_seed(0)
    mining = PatchInfoMining(24, 40).double()
    for parameter in mining.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    low_res, high_res = (
        torch.randn(3, 9, 24, dtype=torch.float64),
        torch.randn(3, 12, 12, 40, dtype=torch.float64),
    )
    outputs, gradients = [], []
    for form in (mining, lambda *inputs: plain_mining(mining, *inputs)):
        mining.zero_grad()
        output = form(low_res, high_res)
        output.square().sum().backward()
        outputs.append(output.detach())
        gradients.append({name: p.grad.clone() for name, p in mining.named_parameters()})
    torch.testing.assert_close(*outputs, atol=1e-10, rtol=0)
    for name, gradient in gradients[0].items():
        torch.testing.assert_close(gradient, gradients[1][name], atol=1e-9, rtol=1e-9)


def test_key_biases_get_a_gradient_of_exactly_zero():
    mining = PatchInfoMining(8, 6)
    mining(torch.randn(1, 4, 8), torch.randn(1, 4, 4, 6)).sum().backward()
    assert torch.equal(mining.aux[0].bias.grad, torch.zeros(6))
    assert torch.equal(mining.aux[1].bias.grad, torch.zeros(8))


def test_a_token_mines_its_own_window_only():
    mining = PatchInfoMining(8, 6)
    low_res, high_res = torch.randn(1, 4, 8), torch.randn(1, 4, 4, 6)
    changed = high_res.clone()
    changed[0, 2:, :2] += 1.0  # the window of token 2: lower left
    difference = (mining(low_res, high_res) - mining(low_res, changed)).abs().amax(-1)[0]
    assert difference[2] > 0
    assert torch.equal(difference[[0, 1, 3]], torch.zeros(3))


def test_windows_are_row_major_on_both_levels():
    high_res = torch.arange(16.0).reshape(1, 4, 4, 1)
    assert windows(high_res, 4)[0, :, :, 0].tolist() == [
        [0, 1, 4, 5],
        [2, 3, 6, 7],
        [8, 9, 12, 13],
        [10, 11, 14, 15],
    ]
    assert (
        F.avg_pool2d(high_res.permute(0, 3, 1, 2), 2).flatten().tolist()
        == windows(high_res, 4).mean((0, 2, 3)).tolist()
    )


def test_a_map_that_does_not_divide_is_refused():
    with pytest.raises(UserError, match="side 5 cannot be cut into windows for 4"):
        windows(torch.zeros(1, 5, 5, 1), 4)
