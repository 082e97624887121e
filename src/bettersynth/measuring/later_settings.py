"""Measuring settings that came after scores had been made.

At their defaults they name no other scores: what was measured before them is served on.
"""

from __future__ import annotations

import dataclasses
from typing import Any

MARK = "later"


def later_setting(default: Any) -> Any:
    """Return a field of a settings class that is told apart from its absence only when it is set.

    The default must give the values that were measured before the setting was there.
    """
    return dataclasses.field(default=default, metadata={MARK: True})


def identity_settings(settings: Any) -> dict[str, Any]:
    """Return the measuring settings that scores are known by, by name."""
    told = dataclasses.asdict(settings)
    for field in dataclasses.fields(settings):
        if MARK in field.metadata and told[field.name] == field.default:
            del told[field.name]
    return told
