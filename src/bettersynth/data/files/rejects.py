"""What is set aside because it cannot be used: how it is recorded, and how much of it may be.

One policy for pool, instruction data, captions, stats and recipes: each reject keeps its place
and its reason; the run goes on; a larger share than allowed ends it, in one line that counts,
gives the first, and names the setting. Where the setting stands says what is reasonable there:

- `max_reject_share` of a recipe, 5 %: a user's own files
- `pool.max_reject_share`, 10 %: drawings of thousands of hands, some of which no renderer takes
- `instruction.max_reject_share`, 1 %: published data that others have trained on
- `caption.max_reject_share`, 5 %: captioners that may refuse
- stats, none: the pool stage has decoded every picture, so that a sample that cannot be measured
  is a mistake of the settings, not of the data
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from bettersynth.errors import UserError


@dataclass(frozen=True)
class Reject:
    """One thing that was set aside: where it stands, and why in words.

    `kind` is what is counted: the reason without what differs from one to the next.
    """

    place: str
    reason: str
    kind: str = ""


def require_few(
    rejects: Sequence[Reject], total: int, share: float, setting: str, what: str
) -> None:
    """Pass if at most `share` of `total` was set aside; `what` says what cannot be done with what.

    Raises:
        UserError: it is more.
    """
    if len(rejects) <= share * total:
        return
    # one place to look at says more than any count
    first = rejects[0]
    raise UserError(
        f"{len(rejects):,} of {total:,} {what}{counted(rejects)}, more than {setting} "
        f"{share:g} allows; the first: {first.place}: {first.reason}"
    )


def counted(rejects: Sequence[Reject]) -> str:
    """Return how often each kind occurs, such as ` (3 no image, 1 empty caption)`."""
    kinds = Counter(reject.kind for reject in rejects if reject.kind)
    words = ", ".join(f"{count} {kind}" for kind, count in kinds.most_common())
    return f" ({words})" if words else ""
