"""Gradients of projector and mining by sample, through random projections, and what of them is an
influence.

Letters in shapes: B rows of a batch, S samples, R asked rows, K layers, each seen through W x W
random projections.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from bettersynth.models.architecture.mini_gemini import MiniGemini
from bettersynth.models.training.seeds import choice_seed

# of the random projections of a layer's inputs and of the gradients of its outputs
WIDTH = 64
# of the samples' mean squared gradient; chosen before the first look
DAMPING = 0.1


class GradientProjection:
    """While open, keeps what goes through the linear layers of projector and mining.

    A row's gradient of a layer's weights is a sum of outer products, so that both sides can be
    projected before they are multiplied: no gradient is ever whole. Biases are left out, and
    mining's keys, whose weights are applied without calling their layer.
    Source: LoGra (arXiv 2405.13954).
    """

    def __init__(self, model: MiniGemini) -> None:
        self.layers: dict[str, nn.Linear] = {}
        for name, layer in model.named_modules():
            if name.startswith(("mining.", "mm_projector")) and isinstance(layer, nn.Linear):
                self.layers[name] = layer
        self._sides: dict[str, tuple[Tensor, Tensor]] = {}
        for name, layer in self.layers.items():
            # the same for all models and rows
            generator = torch.Generator().manual_seed(choice_seed(0, f"projection {name}"))
            before = torch.randn(layer.in_features, WIDTH, generator=generator) / WIDTH**0.5
            behind = torch.randn(layer.out_features, WIDTH, generator=generator) / WIDTH**0.5
            self._sides[name] = (before, behind)
        self._seen: dict[str, tuple[Tensor, Tensor]] = {}
        self._hooks: list[Any] = []

    def __enter__(self) -> None:
        for name, layer in self.layers.items():

            def keep(_: nn.Module, inputs: Any, output: Tensor, name: str = name) -> None:
                self._seen[name] = (inputs[0].detach(), output)

            self._hooks.append(layer.register_forward_hook(keep))

    def __exit__(self, *_: object) -> None:
        for hook in self._hooks:
            hook.remove()
        self._hooks.clear()
        self._seen.clear()

    def of(self, total: Tensor) -> Tensor:
        """Return each row's projected gradient of `total`, a sum over rows: `[B, K * W * W]`."""
        names = list(self._seen)
        outputs = [self._seen[name][1] for name in names]
        parts = []
        for name, gradient in zip(names, torch.autograd.grad(total, outputs), strict=True):
            inward, outward = self._sides[name]
            given = self._seen[name][0] @ inward  # [B, tokens, W]
            wanted = gradient @ outward  # [B, tokens, W]
            parts.append(torch.einsum("btk,btl->bkl", given, wanted).flatten(1))
        return torch.cat(parts, 1)


def influences(samples: np.ndarray, asked: np.ndarray) -> dict[str, np.ndarray]:
    """Return how much each sample in training is worth to each asked row, `[R, S]`, by method.

    Both are gradients of mean log-probabilities, `[S, K * W * W]` and `[R, K * W * W]`; more is
    better. `trak` weighs directions by how common they are among the samples.
    Source: TRAK (arXiv 2303.14186), with the log-probability as the model's output.
    """
    plain = asked @ samples.T
    gram = samples @ samples.T
    damping = DAMPING * float(np.trace(gram)) / len(gram)
    # (G'G + d I)^-1 G' = G' (GG' + d I)^-1: samples are fewer than directions
    weighed = np.linalg.solve(gram + damping * np.eye(len(gram), dtype=gram.dtype), plain.T).T
    return {"trak": weighed, "dot": plain}
