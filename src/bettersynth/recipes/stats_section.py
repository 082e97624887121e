"""The section `stats` of `params.yaml`: what is measured of every sample, operator by operator."""

from __future__ import annotations

from typing import Any

from bettersynth.errors import UserError
from bettersynth.operators import load_operator
from bettersynth.settings.reading import read_settings


def stats_settings(params: dict[str, Any], name: str) -> Any:
    """Return the measuring settings of one operator from the section `stats`.

    Raises:
        UserError: the operator is not in the section, or has no such setting.
    """
    section = params.get("stats") or {}
    if name not in section:
        operators = ", ".join(sorted(section)) or "none"
        raise UserError(
            f"params.yaml: stats has no operator {name}; its operators are: {operators}"
        )
    operator = load_operator(name)
    if not hasattr(operator, "Measuring"):
        raise UserError(f"params.yaml: stats.{name}: a {name.rpartition('_')[2]} measures nothing")
    return read_settings(operator.Measuring, section[name], f"params.yaml: stats.{name}")
