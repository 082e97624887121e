"""benchmarks/influence_gradients.py: projected gradients and what follows from them."""

from __future__ import annotations

import numpy as np
import torch
from support.benchmark_scripts import script
from torch import nn

gradients = script("influence_gradients")


class Small(nn.Module):
    """A stand-in for the image side: names as the model's, tokens `[B, 3, 4]` to `[B]`."""

    def __init__(self) -> None:
        super().__init__()
        self.mining = nn.ModuleDict({"query": nn.Linear(4, 5), "unused": nn.Linear(4, 5)})
        self.mm_projector = nn.Sequential(nn.Linear(5, 6), nn.GELU(), nn.Linear(6, 2))
        self.language_model = nn.Linear(2, 1)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        mined = self.mining["query"](tokens)
        return self.language_model(self.mm_projector(mined)).square().mean((1, 2))


def test_without_projection_they_are_the_weights_own_gradients():
    torch.manual_seed(0)
    model = Small()
    rows = torch.randn(7, 3, 4)
    projected = gradients.GradientProjection(model)
    assert list(projected.layers) == [
        "mining.query",
        "mining.unused",
        "mm_projector.0",
        "mm_projector.2",
    ]
    for name, layer in projected.layers.items():
        projected._sides[name] = torch.eye(layer.in_features), torch.eye(layer.out_features)
    with projected:
        found = projected.of(model(rows).sum())
    for row, own in enumerate(found):
        model.zero_grad()
        model(rows[row : row + 1]).sum().backward()
        called = ("mining.query", "mm_projector.0", "mm_projector.2")
        weights = [projected.layers[name].weight.grad.T.flatten() for name in called]
        torch.testing.assert_close(own, torch.cat(weights))


def test_projections_keep_inner_products_and_are_the_same_each_time():
    torch.manual_seed(0)
    model = Small()
    rows = torch.randn(40, 3, 4)
    found = []
    for _ in range(2):
        projected = gradients.GradientProjection(model)
        with projected:
            found.append(projected.of(model(rows).sum()))
    torch.testing.assert_close(found[0], found[1], rtol=0, atol=0)
    assert found[0].shape == (40, 3 * gradients.WIDTH**2)
    for name, layer in projected.layers.items():
        projected._sides[name] = torch.eye(layer.in_features), torch.eye(layer.out_features)
    with projected:
        whole = projected.of(model(rows).sum())
    pairs = np.corrcoef((found[0] @ found[0].T).flatten(), (whole @ whole.T).flatten())
    assert pairs[0, 1] > 0.95


def test_influences_are_those_of_the_damped_inverse_over_directions():
    rng = np.random.default_rng(0)
    samples, asked = rng.standard_normal((6, 9)), rng.standard_normal((4, 9))
    found = gradients.influences(samples, asked)
    np.testing.assert_allclose(found["dot"], asked @ samples.T)
    damping = gradients.DAMPING * (samples**2).sum(1).mean()
    inverse = np.linalg.inv(samples.T @ samples + damping * np.eye(9))
    np.testing.assert_allclose(found["trak"], asked @ inverse @ samples.T)
