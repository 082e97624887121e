"""One exception for what a user can mend, and the names that were perhaps meant."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Collection
from pathlib import Path

# names that a message lists whole; of more, the nearest ones
MOST_LISTED = 16
NEAREST = 5


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


def did_you_mean(name: str, names: Collection[str]) -> str:
    """Return ` (did you mean NEAR?)`, which follows a name that is not among `names`; "" where none
    is near.
    """
    near = difflib.get_close_matches(name, names, n=1)
    return f" (did you mean {near[0]}?)" if near else ""


def nearest_first(name: str, names: Collection[str]) -> str:
    """Return `names` as a message lists them, those like `name` first; of many the first ones, and
    how many more there are.
    """
    near = difflib.get_close_matches(name, names, n=NEAREST)
    ordered = near + [other for other in sorted(names) if other not in near]
    if len(ordered) <= MOST_LISTED:
        return ", ".join(ordered) or "none"
    return f"{', '.join(ordered[:NEAREST])} and {len(ordered) - NEAREST} more"


def warn(words: str) -> None:
    """Tell the user what is worth knowing and stops nothing: a line on standard error, which also
    `make score` shows.
    """
    print(f"warning: {words}", file=sys.stderr)
