"""One exception for what a user can mend."""

from __future__ import annotations

from pathlib import Path


class UserError(Exception):
    """A mistake the user can mend.

    The message says what was found, where, and what is allowed or next.
    """


def require_present(path: str | Path, setting: str) -> Path:
    """Return `path`, a file or folder that `setting` names.

    Raises:
        UserError: there is nothing.
    """
    if not Path(path).exists():
        raise UserError(
            f"{path} ({setting}) does not exist; `bettersynth models` lists what this run needs "
            "and where it is from"
        )
    return Path(path)
