"""The projector from the towers' width to the language model's."""

from __future__ import annotations

from itertools import pairwise

from torch import nn

from bettersynth.settings.model import require_projector


def build_projector(
    kind: str, width: int, hidden_size: int, inner_width: int | None = None
) -> nn.Module:
    """Return the projector `[..., width] -> [..., hidden_size]`.

    `kind` is `linear`, `identity`, or `mlpNx_gelu`: N linear layers with erf GELU between them,
    where the tokens are `inner_width` wide. None is `hidden_size`, as in the reference, which reads
    no other.

    Raises:
        UserError: another kind, or an `inner_width` for one without hidden layers.
    """
    require_projector(kind, inner_width, "config.json: ")
    if kind == "linear":
        return nn.Linear(width, hidden_size)
    if kind == "identity":
        return nn.Identity()
    linear_layers = int(kind.removeprefix("mlp").removesuffix("x_gelu"))
    widths = [width, *[inner_width or hidden_size] * (linear_layers - 1), hidden_size]
    layers: list[nn.Module] = [nn.Linear(widths[0], widths[1])]
    for before, after in pairwise(widths[1:]):
        layers += [nn.GELU(), nn.Linear(before, after)]
    return nn.Sequential(*layers)
