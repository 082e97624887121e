"""Weights of sources or types: how often each is visited, beside the others."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from bettersynth.errors import UserError
from bettersynth.settings.one_source import TYPES

# of a sum of shares that people type
ROUNDING = 1e-6


def require_weights(weights: Mapping[str, float], where: str) -> None:
    """Pass if each weight is above 0, and shares (any is no whole number) sum to 1.

    Whole numbers are parts, such as 9 and 1, and may have any sum.

    Raises:
        UserError: one is not, or they do not.
    """
    for name, weight in weights.items():
        if not 0 < weight < math.inf:
            raise UserError(f"{where}.{name} is {weight:g}; a weight must be above 0")
    shares = any(weight != round(weight) for weight in weights.values())
    total = math.fsum(weights.values())
    if shares and abs(total - 1) > ROUNDING:
        raise UserError(
            f"{where} sum to {total:g}; shares must sum to 1 (whole numbers are parts, such as 9 "
            "and 1)"
        )


def require_known(
    weights: Mapping[str, float], sources: Iterable[str], types: Iterable[str], where: str
) -> None:
    """Pass if the weights name every one of `sources`, or every one of `types`.

    Raises:
        UserError: an unknown name, names of both kinds, or one that is left out.
    """
    of_types = [name for name in weights if name in TYPES]
    known = sorted(set(types) if of_types else set(sources))
    kind = "type" if of_types else "source"
    for name in weights:
        if of_types and name not in TYPES:
            raise UserError(
                f"{where} names {name} beside the type {of_types[0]}; name sources alone, or types"
            )
        if name not in known:
            raise UserError(
                f"{where} names {name}, but the data has no such {kind}; its {kind}s: "
                f"{', '.join(known)}"
            )
    missing = [name for name in known if name not in weights]
    if weights and missing:
        raise UserError(f"{where} gives no weight to {', '.join(missing)}; name every {kind}")
