"""What Snakemake is asked for can be made, or it is told what can."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from bettersynth.errors import UserError, did_you_mean, nearest_first

# where all that the rules make lies
FOLDERS = ("data/", "models/", "results/")


def require_made(
    arguments: Sequence[str], is_made: Callable[[str], bool], outputs: Collection[str]
) -> None:
    """Pass if Snakemake's targets are there, or a rule makes them; its own words name no other.

    `arguments` are those of its command line, `outputs` what is made under a fixed name. What
    follows a long option may be its value, and is left to Snakemake.

    Raises:
        UserError: nothing makes one of them.
    """
    for before, target in zip(("", *arguments), arguments, strict=False):
        if not target.startswith(FOLDERS) or before.startswith("--"):
            continue
        if not Path(target).exists() and not is_made(target):
            raise UserError(
                f"nothing makes {target}{did_you_mean(target, outputs)}; there are: "
                f"{nearest_first(target, outputs)}"
            )
