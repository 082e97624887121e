"""Training data in which no benchmark was looked for, in the current folder."""

from __future__ import annotations

from bettersynth.data.tables.contamination import (
    CONTAMINATION,
    write_contamination,
    write_dropped,
)


def write_clean() -> None:
    """Write `data/contamination/` as the stage leaves it where nothing is looked for."""
    card = {"benchmark_pictures": 0, "sets": {}, "looked_for": [], "dropped": {}}
    write_contamination(CONTAMINATION, [], card)
    write_dropped([], [])
