"""One file per operator, named as in Data-Juicer.

`load_operator` turns the name in a recipe into its module.
"""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType

from bettersynth.errors import UserError, did_you_mean, nearest_first

# what older recipes of Data-Juicer call an operator
OLDER_NAMES = {"face_area_filter": "image_face_ratio_filter"}
KINDS = ("filter", "mapper", "deduplicator", "selector")


def operator_names() -> list[str]:
    """Return the name of every operator: the files of this folder that end in a kind."""
    names = [module.name for module in pkgutil.iter_modules(__path__)]
    return sorted(name for name in names if name.rpartition("_")[2] in KINDS)


def load_operator(name: str) -> ModuleType:
    """Return the module of one operator; `bettersynth.measuring.protocols` says what it holds.

    Raises:
        UserError: no operator has this name.
    """
    names = operator_names()
    if name not in names:
        raise UserError(
            f"there is no operator {name}{did_you_mean(name, names)}; the operators are: "
            f"{nearest_first(name, names)} (docs/operators.md)"
        )
    return importlib.import_module(f"bettersynth.operators.{name}")
