"""`results/score.json`: a run's metrics, few and flat, as `dvc exp show` lists them; docs/scores.md
says what each one is.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bettersynth.data.files.writing import write_json
from bettersynth.data.tables.made_files import read_made_object

SCORE = Path("results/score.json")


def write_score(score: Mapping[str, Any]) -> None:
    """Write the metrics of a run."""
    write_json(SCORE, score)


def read_score(path: Path = SCORE) -> dict[str, Any]:
    """Return the metrics of the last run, or those of another at `path`."""
    return read_made_object(path)
