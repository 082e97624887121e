"""The projector from the towers' width to the language model's."""

from __future__ import annotations

import re
from itertools import pairwise

from torch import nn

from bettersynth.errors import UserError
from bettersynth.settings.model import require_hidden_layer


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
    require_hidden_layer(kind, inner_width, "config.json: mm_projector_width")
    if kind == "linear":
        return nn.Linear(width, hidden_size)
    if kind == "identity":
        return nn.Identity()
    match = re.fullmatch(r"mlp([1-9])x_gelu", kind)
    if match is None:
        raise UserError(
            f"mm_projector_type is {kind!r}; allowed: linear, identity, mlp1x_gelu ... mlp9x_gelu"
        )
    widths = [width, *[inner_width or hidden_size] * (int(match[1]) - 1), hidden_size]
    layers: list[nn.Module] = [nn.Linear(widths[0], widths[1])]
    for before, after in pairwise(widths[1:]):
        layers += [nn.GELU(), nn.Linear(before, after)]
    return nn.Sequential(*layers)
