"""The projector from the towers' width to the language model's."""

from __future__ import annotations

import re

from torch import nn

from bettersynth.errors import UserError


def build_projector(kind: str, width: int, hidden_size: int) -> nn.Module:
    """Return the projector `[..., width] -> [..., hidden_size]`.

    `kind` is `linear`, `identity`, or `mlpNx_gelu`: N linear layers with erf GELU between them.

    Raises:
        UserError: another kind.
    """
    if kind == "linear":
        return nn.Linear(width, hidden_size)
    if kind == "identity":
        return nn.Identity()
    match = re.fullmatch(r"mlp([1-9])x_gelu", kind)
    if match is None:
        raise UserError(
            f"mm_projector_type is {kind!r}; allowed: linear, identity, mlp1x_gelu ... mlp9x_gelu"
        )
    layers: list[nn.Module] = [nn.Linear(width, hidden_size)]
    for _ in range(int(match[1]) - 1):
        layers += [nn.GELU(), nn.Linear(hidden_size, hidden_size)]
    return nn.Sequential(*layers)
