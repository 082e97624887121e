"""Verbs about the project work in its root, wherever in it they are typed.

What was typed is meant from where it was typed: `bettersynth compare similarity` in `results/`
compares `results/similarity`.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

from bettersynth.data.files.project import project_root
from bettersynth.errors import UserError

# Of each such verb, the arguments that name files or folders
IN_THE_PROJECT = {
    "status": (),
    "compose": ("output",),
    "models": ("output",),
    "export": ("folder", "of"),
    "report": ("page",),
    "leaderboard": ("against", "page"),
    "compare": ("names", "page", "seed_spread"),
    "diff": ("first", "second"),
    "explain": ("name", "of"),
    "costs": ("name",),
    "estimate": (),
    "fidelity": ("names", "page", "seed_spread"),
    "browse": ("name", "other", "export"),
    "cache": (),
    "analyze": ("output",),
    "audit": ("output",),
    "contamination": ("output",),
    "evaluate": ("name", "against", "inception", "output"),
}
# Defaults of these arguments
OF_THE_ROOT = (
    Path("params.yaml"),
    Path("results/recorded.html"),
    Path("results/leaderboard.html"),
    Path("results/compare.html"),
    Path("results/fidelity/report.html"),
    Path("results/audit"),
    Path("results/contamination"),
    Path("results/data_scores.json"),
    Path("conf/audit/nano.yaml"),
)


def enter_project(arguments: argparse.Namespace) -> None:
    """Go to the project's root, if the verb is about one; typed paths go on meaning the same.

    Raises:
        UserError: the folder in which it was typed was removed.
    """
    if arguments.verb not in IN_THE_PROJECT:
        return
    # a recipe of the user's own names files from where it was typed
    recipe = getattr(arguments, "recipe", None)
    if recipe is not None and recipe not in OF_THE_ROOT:
        return
    try:
        here = Path.cwd()
    except FileNotFoundError:
        raise UserError("this folder was removed; go to the project's folder") from None
    root = project_root(here)
    if root == here:
        return
    for name in IN_THE_PROJECT[arguments.verb]:
        setattr(arguments, name, _from_root(getattr(arguments, name), root))
    os.chdir(root)


def _from_root(value: Any, root: Path) -> Any:
    """Return a typed path as the root knows it; a name that is no path stays."""
    if isinstance(value, list):
        return [_from_root(one, root) for one in value]
    if isinstance(value, Path):
        return value if value in OF_THE_ROOT else Path(os.path.relpath(value, root))
    return os.path.relpath(value, root) if value and Path(value).exists() else value
