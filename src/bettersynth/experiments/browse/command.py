"""What runs a recipe with moved bounds, to copy from the page."""

from __future__ import annotations

import math
import re
import shlex
from collections.abc import Mapping
from typing import Any

import yaml

from bettersynth.errors import UserError
from bettersynth.recipes.moved_bounds import MovableRecipe, Moves, is_threshold
from bettersynth.recipes.moved_run import MovableRun

_PLAIN_KEY = re.compile(r"[A-Za-z_]\w*")


def moved_command(recipe: MovableRecipe | MovableRun, moves: Moves) -> str:
    """Return the command that runs the recipe with bounds moved, "" without moves."""
    if isinstance(recipe, MovableRun):
        return run_command(recipe, moves)
    return experiment_command(recipe, moves)


def run_command(recipe: MovableRun, moves: Moves) -> str:
    """Return the changed lines of a recipe file, as comments, and the command that runs it."""
    if not moves:
        return ""
    path = shlex.quote(str(recipe.path))
    words = [f"# in {path}:"]
    for entry in recipe.moved_entries(moves).values():
        text = yaml.safe_dump([entry], sort_keys=False, default_flow_style=None, width=1000)
        words += [f"# {line}" for line in text.splitlines()]
    return "\n".join([*words, f"bettersynth run {path}"])


def experiment_command(recipe: MovableRecipe, moves: Moves) -> str:
    """Return `dvc exp run -n NAME -S ...` for the recipe with bounds moved, "" without moves."""
    if not moves:
        return ""
    words = ["dvc", "exp", "run", "-n", _name(moves)]
    for override in overrides(recipe, moves):
        words += ["-S", override]
    return shlex.join(words)


def overrides(recipe: MovableRecipe, moves: Moves) -> list[str]:
    """Return the Hydra overrides of moved bounds.

    The similarity's threshold has a setting of its own. The other bounds stand in a list, which
    Hydra takes as a whole.
    """
    settings = recipe.moved_settings(moves)
    refined = bool(recipe.params["filter"].get("refine", {}).get("rule"))
    has_threshold = settings.threshold is not None
    changed: list[str] = []
    if refined:
        changed.append("refine=none")
    if has_threshold:
        changed.append(f"filter.threshold={_hydra(settings.threshold)}")
    by_threshold = has_threshold and all(is_threshold(label, setting) for label, setting in moves)
    if refined or not by_threshold:
        changed.append(f"filter.recipe={_hydra(settings.recipe)}")
    return changed


def _name(moves: Moves) -> str:
    """Return a name that DVC takes, such as `min_score-0.28`."""
    parts = [f"{setting}-{value}" for (_, setting), value in moves.items()]
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", "-".join(parts))[:60].strip(".-")


def _hydra(value: Any) -> str:
    """Return a value of a recipe in the grammar of Hydra's overrides.

    Raises:
        UserError: a name that the grammar can't write.
    """
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        if isinstance(value, float) and math.isinf(value):
            return "inf" if value > 0 else "-inf"
        return repr(value)
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{_key(key)}:{_hydra(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(_hydra, value)) + "]"
    return _quoted(str(value))


def _key(key: Any) -> str:
    if not _PLAIN_KEY.fullmatch(str(key)):
        raise UserError(f"the command line can't hold the setting {key!r}; set it in conf/filter/")
    return str(key)


def _quoted(text: str) -> str:
    """Return text in double quotes; a backslash stands before a quote, and before another that
    would escape one.
    """
    escaped = re.sub(r'(\\*)"', r'\1\1\\"', text)
    escaped = re.sub(r"(\\+)$", r"\1\1", escaped)
    return f'"{escaped}"'
