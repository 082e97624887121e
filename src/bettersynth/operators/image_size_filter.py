"""Keep samples whose picture files have a size in a range."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

import numpy as np

from bettersynth.data.samples.batch import Batch
from bettersynth.errors import UserError
from bettersynth.measuring.protocols import Values
from bettersynth.measuring.ranges import ImageEnds, keep_images

VERSION = 1
READS = ("images",)
STATS = ("image_sizes",)
CACHED = False

# 1024 to the power of 1, 2, ...
_UNITS = "kmgtpezy"
_SIZE = re.compile(
    rf"\s*([0-9]+(?:\.[0-9]*)?|\.[0-9]+)\s*(?:([{_UNITS}])(?:i?b)?|b|bytes?)?\s*", re.IGNORECASE
)


@dataclass(frozen=True)
class Measuring:
    """Nothing can be set."""


@dataclass(frozen=True)
class Deciding(ImageEnds):
    """Sizes are written as `300`, `2KB`, `1.5MiB`; units are powers of 1024.

    `compat: data_juicer` ignores the point: "1.5KB" is 15 KB.
    """

    min_size: str = "0"
    max_size: str = "1TB"
    compat: Literal["", "data_juicer"] = ""


def measure(batch: Batch, settings: Measuring) -> Values:
    """Return `image_sizes`: bytes of each listed picture's file as stored; nothing is decoded."""
    return {"image_sizes": batch.per_image(batch.pictures.size_bytes)}


def keep(values: Values, settings: Deciding) -> np.ndarray:
    """Return bool `[samples]`: whose values, any or all, are in the range."""
    low = size_in_bytes(settings.min_size, settings.compat)
    high = size_in_bytes(settings.max_size, settings.compat)
    return keep_images(values["image_sizes"], low, high, settings)


def size_in_bytes(size: str, compat: str = "") -> float:
    """Return the bytes that `size` names.

    Raises:
        UserError: not a number with an optional unit.
    """
    written = _SIZE.fullmatch(str(size))
    if not written:
        raise UserError(
            f"{size!r} is not a size; write a number and a unit, such as 300, 2KB or 1.5MB"
        )
    number = written.group(1)
    unit = (written.group(2) or "").lower()
    if compat == "data_juicer":
        # what its pattern does with a point
        number = number.replace(".", "")
    power = _UNITS.index(unit) + 1 if unit else 0
    return float(number) * 1024**power
