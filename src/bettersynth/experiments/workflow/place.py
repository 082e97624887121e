"""Where the project lies, and whether DVC can keep an experiment of it there."""

from __future__ import annotations

from pathlib import Path

from bettersynth.errors import UserError
from bettersynth.experiments.workflow.git import git_text

# What a run reads and no dependency of a stage names by itself
OWN_FOLDERS = ("src", "conf")


def path_in_repository(path: str) -> str:
    """Return a path of the project as git and `dvc.api` know it: from the git repository's root.

    The project may be a folder of a larger repository.
    """
    return git_text("rev-parse", "--show-prefix").strip() + path


def is_tracked(path: str) -> bool:
    """Return whether git knows a file, or files of a folder."""
    return bool(git_text("ls-files", "--", path))


def require_place_for_experiments() -> None:
    """Pass if an experiment that runs here in a copy of the tree can be kept.

    DVC finds out at the end, when everything is computed and would be lost.

    Raises:
        UserError: a clone without its history, a path that DVC cannot copy to, or files that git
            does not know and the copy would lack.
    """
    if git_text("rev-parse", "--is-shallow-repository").strip() == "true":
        raise UserError(
            "this clone is shallow (git clone --depth), and DVC keeps an experiment beside the "
            "whole history: run `git fetch --unshallow` first"
        )
    here = str(Path.cwd())
    if not here.isascii():
        raise UserError(
            f"DVC can't run experiments in {here}: the path has letters beyond ASCII; "
            "move the project to another folder"
        )
    # not ignored and not added: `dvc exp run --temp` copies what git knows
    missing = git_text("ls-files", "--others", "--exclude-standard", *OWN_FOLDERS).splitlines()
    if missing:
        more = f" and {len(missing) - 3} more" if len(missing) > 3 else ""
        raise UserError(
            f"git does not know {', '.join(missing[:3])}{more}: an experiment runs in a copy of "
            "what git knows; run `git add` on them first"
        )
