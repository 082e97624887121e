"""The number of a question, as tables, workbooks and files of answers write it."""

from __future__ import annotations

import math
import numbers
import re
from typing import Any

# a table that was once in a workbook has 7.0 for 7; Python's own would take 1_0 for 10
_WRITTEN = re.compile(r"([0-9]{1,15})(?:\.0+)?")


def index_of(value: Any) -> int | None:
    """Return the whole number that a value is or writes: 7, 7.0, "7" and "7.0" are 7.

    None of anything else, true and false among it.
    """
    if isinstance(value, bool):
        return None
    # numpy's too
    if isinstance(value, numbers.Real):
        return int(value) if math.isfinite(value) and value == int(value) else None
    written = _WRITTEN.fullmatch(value.strip()) if isinstance(value, str) else None
    return int(written[1]) if written else None
