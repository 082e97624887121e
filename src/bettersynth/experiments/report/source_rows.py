"""The rows of the table of sources and types, from the card of the mix."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def source_rows(mix_card: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return a row for each source and each type: its counts, its share of the visits (0-1), and
    the share `asked` for, None where no weight names it.

    None where the card counts no sources: there is one without weights.
    """
    total = mix_card["counts"]["visits"]
    weights = mix_card.get("weights", {})
    rows = []
    for part in ("sources", "types"):
        for name, counts in mix_card.get(part, {}).items():
            asked = weights[name]["asked"] if name in weights else None
            share = counts["visits"] / total
            rows.append({"name": name, **counts, "share": share, "asked": asked})
    return rows
