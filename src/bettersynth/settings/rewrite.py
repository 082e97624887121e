"""The section `rewrite` of `params.yaml`: text mappers over the pool, before it is measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class RewriteSettings:
    """`recipe`: text mappers with their settings, in order, as a recipe of `bettersynth run` has
    them; an empty one leaves every text as it is.
    """

    recipe: list[Any]
