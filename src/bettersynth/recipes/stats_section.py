"""The section `stats` of `params.yaml`: what is measured of every sample, stat by stat.

A stat is called as its operator, or has a name of its own and says the operator, so that one
operator measures with several models: `similarity_h14: {operator: image_text_similarity_filter}`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from bettersynth.errors import UserError
from bettersynth.operators import load_operator, operator_names
from bettersynth.settings.reading import read_settings

OPERATOR = "operator"
# the setting of a recipe's line that chooses a stat with a name of its own
NAME = "name"
# it becomes a stage's name, a file's and a column's; `#2` counts lines, so that no digit begins it
OWN_NAME = re.compile(r"[a-z][a-z0-9_]*")


def operator_of(section: Mapping[str, Any], name: str) -> str:
    """Return the operator that measures the stat `name` of the section; it is not checked."""
    entry = section.get(name)
    named = entry.get(OPERATOR) if isinstance(entry, Mapping) else None
    return name if named is None else str(named)


def suffix_of(section: Mapping[str, Any], name: str) -> str:
    """Return what the columns of a stat with a name of its own end in, `#NAME`; "" for others."""
    return "" if operator_of(section, name) == name else f"#{name}"


def stats_settings(params: dict[str, Any], name: str) -> Any:
    """Return the measuring settings of one stat from the section `stats`.

    Raises:
        UserError: the stat is not in the section, it can't have this name, or its operator is
            unknown or has no such setting.
    """
    section = params.get("stats") or {}
    if not isinstance(section, Mapping):
        raise UserError(
            "params.yaml: stats must hold an entry a stat, such as `words_num_filter: {}`, not "
            f"{section!r}"
        )
    if name not in section:
        known = ", ".join(sorted(section)) or "none"
        raise UserError(f"params.yaml: stats has no stat {name}; its stats are: {known}")
    return measuring_settings(section, name, f"params.yaml: stats.{name}")


def measuring_settings(section: Mapping[str, Any], name: str, where: str) -> Any:
    """Return the measuring settings of one stat of the section, which holds it.

    Raises:
        UserError: as `stats_settings`.
    """
    operator_name = operator_of(section, name)
    try:
        operator = load_operator(operator_name)
    except UserError as error:
        hint = ""
        if operator_name == name:
            hint = f"a stat with a name of its own says its operator (`{OPERATOR}: NAME`); "
        raise UserError(f"{where}: {hint}{error}") from None
    if operator_name != name:
        _require_own_name(name, operator_name, where)
    if not hasattr(operator, "Measuring"):
        kind = operator_name.rpartition("_")[2]
        raise UserError(f"{where}: a {kind} measures nothing")
    settings = section[name]
    if isinstance(settings, Mapping):
        settings = {setting: value for setting, value in settings.items() if setting != OPERATOR}
    read = read_settings(operator.Measuring, settings, where)
    if hasattr(operator, "require_complete"):
        try:
            operator.require_complete(read)
        except UserError as error:
            raise UserError(f"{where}: {error}") from None
    return read


def _require_own_name(name: str, operator: str, where: str) -> None:
    if name in operator_names():
        raise UserError(
            f"{where}: {name} is an operator itself, so that no stat of {operator} can be called so"
        )
    if not OWN_NAME.fullmatch(name):
        raise UserError(
            f"{where}: the name of a stat begins with a letter and holds a-z, 0-9 and _ alone"
        )


def take_own_stat(
    name: str, settings: dict[str, Any], where: str, section: Mapping[str, Any] | None
) -> str:
    """Take the stat that a recipe's line of the operator `name` chooses out of its settings.

    Returns "" where it chooses none, or the one that is called as its operator. `section` is None
    outside of the pipeline, where there are no stats to choose among.

    Raises:
        UserError: the section has no such stat of this operator.
    """
    measured_by = operator_of(section or {}, name)
    if measured_by != name:
        raise UserError(
            f"{where}: {name} is a stat of {measured_by}; write `{measured_by}: {{{NAME}: {name}}}`"
        )
    if NAME not in settings or not hasattr(load_operator(name), "Measuring"):
        return ""
    own_stat = str(settings.pop(NAME) or name)
    if section is None:
        raise UserError(
            f"{where}: {NAME} is for filter.recipe of the pipeline, where it chooses a stat of the "
            "section stats; here a line measures with its own settings: leave it out"
        )
    if own_stat == name:
        return ""
    if own_stat not in section:
        known = ", ".join(sorted(section)) or "none"
        raise UserError(
            f"{where}: there is no stat {own_stat}; add `{own_stat}: {{operator: {name}}}` to the "
            f"section stats (measured are: {known})"
        )
    measured_by = operator_of(section, own_stat)
    if measured_by != name:
        raise UserError(f"{where}: the stat {own_stat} is measured by {measured_by}")
    return own_stat


def not_measured(name: str, section: Mapping[str, Any], where: str) -> str:
    """Return what to say of a line whose operator no stat of the section stats is called after."""
    known = ", ".join(sorted(section))
    named = [stat for stat in sorted(section) if operator_of(section, stat) == name]
    way_out = f"say which with `{NAME}: {named[0]}`" if named else "add it to the section stats"
    return f"{where}: {name} is not measured; {way_out} (measured are: {known})"
