from __future__ import annotations

import pytest
import torch

from bettersynth.models.training.muon import Muon, orthogonalised

COEFFICIENTS = (3.4445, -4.7750, 2.0315)


def stepped(kind: type[torch.optim.Optimizer], shape: tuple[int, int], **settings: object):
    """One matrix after three steps on gradients that are the same for every optimiser."""
    generator = torch.Generator().manual_seed(0)
    matrix = torch.nn.Parameter(torch.randn(shape, generator=generator))
    optimizer = kind([matrix], lr=0.02, **settings)
    for _ in range(3):
        matrix.grad = torch.randn(shape, generator=generator)
        optimizer.step()
    return matrix.detach()


@pytest.mark.parametrize("shape", [(24, 16), (16, 24), (16, 16)])
@pytest.mark.parametrize("settings", [{}, {"weight_decay": 0.0}, {"nesterov": False}])
def test_it_is_torchs_muon_but_for_the_rounding_of_the_update(shape, settings):
    ours, torchs = stepped(Muon, shape, **settings), stepped(torch.optim.Muon, shape, **settings)
    assert torch.allclose(ours, torchs, atol=3e-3)
    assert not torch.equal(ours, torchs)


def test_a_learning_rate_matched_to_adamw_is_torchs_too():
    settings = {"adjust_lr_fn": "match_rms_adamw"}
    ours = stepped(Muon, (24, 16), **settings)
    assert torch.allclose(ours, stepped(torch.optim.Muon, (24, 16), **settings), atol=6e-3)


def test_the_singular_values_of_an_update_are_near_one():
    matrix = torch.randn(40, 12, generator=torch.Generator().manual_seed(1))
    values = torch.linalg.svdvals(orthogonalised(matrix, COEFFICIENTS, steps=5, eps=1e-7))
    assert 0.65 < values.min() and values.max() < 1.25


def test_a_matrix_without_a_gradient_stays():
    matrix = torch.nn.Parameter(torch.ones(3, 2))
    Muon([matrix], lr=0.1).step()
    assert torch.equal(matrix, torch.ones(3, 2))


def test_a_closure_is_called_and_its_loss_returned():
    matrix = torch.nn.Parameter(torch.eye(3))
    optimizer = Muon([matrix], lr=0.1)

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        loss = matrix.square().sum()
        loss.backward()
        return loss

    assert optimizer.step(closure).item() == pytest.approx(3.0)
    assert not torch.equal(matrix, torch.eye(3))
