"""The section `watched` of params.yaml: paths that settings name, which dvc.yaml depends on.

Hydra composes it (conf/config.yaml). A setting that was edited in params.yaml alone names a file
that DVC does not watch: it is refused here.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from bettersynth.errors import UserError
from bettersynth.experiments.workflow.stage_inputs import value_at
from bettersynth.recipes.stats_section import OPERATOR, operator_of
from bettersynth.settings.pretrain_lm import text_paths

SECTION = "watched"
# as conf/config.yaml and dvc.yaml have it; the module of that table takes pyarrow along
DECISIONS = "data/filter/decisions.parquet"
# what a stat's setting says where it means nano's own model
NANO = "nano"


def require_watched(params: Mapping[str, Any]) -> None:
    """Pass if DVC watches every file and folder that a setting names.

    Raises:
        UserError: one that it does not, or a folder that holds the project itself.
    """
    if SECTION not in params:
        raise UserError(
            f"params.yaml has no section {SECTION} (the files that DVC watches); compose it: "
            "`bettersynth compose`, with your settings behind it"
        )
    # dvc.yaml makes the stages of `stats` of what is watched for each
    section = params.get("stats") or {}
    operators = {name: operator_of(section, name) for name in section}
    if operators != _watched_operators(params):
        raise UserError(
            "params.yaml: the section stats names other operators than watched.stats; compose "
            "them: `bettersynth compose`, with your settings behind it"
        )
    for section in ("caption", "draw"):
        of = value_at(params, f"{section}.of")
        decisions = value_at(params, f"{SECTION}.{section}.decisions")
        if of not in (None, "all") and decisions != DECISIONS:
            raise UserError(
                f"params.yaml: {section}.of is {of}, but DVC does not watch {DECISIONS}, which "
                f"says who that is; compose it: `bettersynth compose {section}.of={of}`, with your "
                "other settings behind it"
            )
    places = value_at(params, f"{SECTION}.source.own") or {}
    _require_watched_at(places, source_paths(params))
    places = value_at(params, f"{SECTION}.pretrain_lm.text") or {}
    _require_watched_at(places, text_paths(params))
    for name, places in (value_at(params, f"{SECTION}.stats") or {}).items():
        _require_watched_at(places, stat_paths(params, name))
    for setting, place in watched_paths(params):
        _require_watched_at({setting: place}, [(setting, value_at(params, setting))])


def _require_watched_at(places: Mapping[str, str], paths: Iterable[tuple[str, Any]]) -> None:
    """Pass if each of `paths`, by the setting that names it, lies at one of the watched places.

    What is no text, or names nothing that is here, is no path.
    """
    for setting, path in paths:
        if not isinstance(path, str) or not path or not Path(path).exists():
            continue
        if _holds(path, "."):
            raise UserError(
                f"params.yaml: {setting} is {path}, which holds the whole project, so that DVC "
                "cannot watch it; give a folder of its own"
            )
        if not any(_holds(place, path) for place in places.values()):
            raise UserError(
                f"params.yaml: {setting} is {path}, but DVC does not watch it; compose it: "
                f"`bettersynth compose {setting}={path}`, with your other settings behind it"
            )


def source_paths(params: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield each setting of several sources that names a path, dotted, with its path."""
    sources = value_at(params, "source.sources")
    for name, entry in sources.items() if isinstance(sources, Mapping) else ():
        for setting in ("file", "images"):
            if isinstance(entry, Mapping) and entry.get(setting):
                yield f"source.sources.{name}.{setting}", str(entry[setting])


def watched_paths(params: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield each setting that may name a path, dotted, with what DVC watches for it.

    Sources, stats and text have places for several: `source_paths`, `stat_paths`, `text_paths`.
    """
    section = dict(params.get(SECTION) or {})
    section.pop("pretrain_lm", None)
    section.pop("stats", None)
    yield from _leaves(section, "")


def stat_paths(params: Mapping[str, Any], name: str) -> Iterator[tuple[str, str]]:
    """Yield each setting of a stat that may name a path, dotted, with its value."""
    entry = (params.get("stats") or {}).get(name)
    for setting, value in entry.items() if isinstance(entry, Mapping) else ():
        # neither an operator nor nano's own model is a file, whatever lies in the folder
        if setting != OPERATOR and isinstance(value, str) and value != NANO:
            yield f"stats.{name}.{setting}", value


def _watched_operators(params: Mapping[str, Any]) -> dict[str, Any]:
    """Return the operator of each stat of dvc.yaml; none where older code composed the section."""
    operators: dict[str, Any] = {}
    for name, entry in (params[SECTION].get("stats") or {}).items():
        operators[name] = entry.get(OPERATOR) if isinstance(entry, Mapping) else None
    return operators


def _leaves(section: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, str]]:
    for name, value in section.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", str(value)


def _holds(folder: str, path: str) -> bool:
    return Path(os.path.abspath(path)).is_relative_to(os.path.abspath(folder))
