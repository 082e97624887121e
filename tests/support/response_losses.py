"""What Data-Juicer measures of responses with nano's decoder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from support.one_operator import measured_good, row_batch
from support.small_run import FIXTURES

MODEL = str(Path(__file__).parents[2] / "models/nano-decoder")


def peers_values(operator: str) -> list[dict[str, Any]]:
    """Return Data-Juicer's values, one row a sample; None where it has none."""
    lines = (FIXTURES / "response_losses.jsonl").read_text(encoding="utf-8").splitlines()
    return [row for row in map(json.loads, lines) if row["op"] == operator]


def our_value(row: dict[str, Any]) -> float | None:
    """Return the value of a row's sample, None where it is set aside."""
    settings = {"hf_model": MODEL, **row["settings"]}
    good = measured_good(row["op"], row_batch(row["sample"]), **settings)
    return next(iter(good.values.values()))[0] if good.positions else None
