"""Which settings differ between experiments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bettersynth.experiments.history.compared_runs import Experiment

ABSENT = "-"
UNKNOWN = "?"
"""The value where an experiment carries no settings at all."""


def param_differences(runs: Sequence[Experiment]) -> dict[str, list[Any]]:
    """Return every setting, by its path, that is not the same in all runs that carry settings."""
    flat = [None if run.params is None else flattened(run.params) for run in runs]
    names: set[str] = set()
    for settings in flat:
        names |= set(settings or {})
    differences = {}
    for name in sorted(names):
        values = [UNKNOWN if settings is None else settings.get(name, ABSENT) for settings in flat]
        known = [settings.get(name, ABSENT) for settings in flat if settings is not None]
        if any(value != known[0] for value in known):
            differences[name] = values
    return differences


def flattened(value: Any, path: str = "") -> dict[str, Any]:
    """Return the values by their paths, such as `filter.recipe[0].words_num_filter.min_num`.

    A list without mappings is one value.
    """
    if isinstance(value, dict):
        inner = {f"{path}.{key}" if path else str(key): part for key, part in value.items()}
    elif isinstance(value, list) and any(isinstance(part, dict) for part in value):
        inner = {f"{path}[{place}]": part for place, part in enumerate(value)}
    else:
        return {path: value}
    flat: dict[str, Any] = {}
    for name, part in inner.items():
        flat |= flattened(part, name)
    return flat
