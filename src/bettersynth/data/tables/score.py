"""`results/score.json`: a run's metrics, few and flat, as `dvc exp show` lists them; docs/scores.md
says what each one is.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bettersynth.data.files.writing import write_json
from bettersynth.data.tables.made_files import read_made_object
from bettersynth.errors import UserError

SCORE = Path("results/score.json")
PROTOCOL = "mmbench_protocol"
# how many there are of something; what else there is beside the protocol is a share or a ratio
COUNTS = ("samples", "seeds")
# what every version of the score step wrote
ALWAYS = (
    "mmbench",
    "textvqa",
    PROTOCOL,
    *COUNTS,
    "mmbench_low",
    "mmbench_high",
    "mmbench_chance",
    "mmbench_circular_chance",
    "textvqa_low",
    "textvqa_high",
    "textvqa_any_listed_token",
)
# what stands with a score that not every run has
WITH = {
    "total": ("total_low", "total_high"),
    "textvqa_reading": (
        "textvqa_reading_low",
        "textvqa_reading_high",
        "textvqa_reading_any_listed_token",
    ),
}


def write_score(score: Mapping[str, Any]) -> None:
    """Write the metrics of a run."""
    write_json(SCORE, score)


def read_score(path: Path = SCORE) -> dict[str, Any]:
    """Return the metrics of the last run, or those of another at `path`.

    Raises:
        UserError: there are none, or as `checked_score`.
    """
    return checked_score(read_made_object(path), str(path))


def checked_score(score: Any, where: str) -> dict[str, Any]:
    """Return `score`, the content of a score.json found at `where`, if it is whole: it holds what
    every version wrote, and all of it has the kind of value that it had then.

    Raises:
        UserError: it is not; the first wrong name is told.
    """
    there = score if isinstance(score, dict) else {}
    needed = [*ALWAYS, f"mmbench_{there.get(PROTOCOL)}"]
    for name, beside in WITH.items():
        needed += beside if name in there else ()
    for name in (*needed, *there):
        if not _fits(name, there.get(name)):
            raise UserError(
                f"{where} has no {name} as the score step writes it: it is damaged, or of another "
                "version; run the score step again"
            )
    return there


def _fits(name: str, value: object) -> bool:
    """Whether a value is of the kind that stands under this name."""
    if name == PROTOCOL:
        return isinstance(value, str)
    # bool is an int to Python
    kinds = (int,) if name in COUNTS else (int, float)
    return type(value) in kinds and abs(value) <= sys.float_info.max
