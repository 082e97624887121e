"""The winner as a file of `conf/experiment`, ready to be committed."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from bettersynth.errors import UserError
from bettersynth.experiments.search.space import RECIPE, RULE, operator_of, overrides_of, start_of
from bettersynth.experiments.workflow.compose import composed
from bettersynth.settings.search import SearchSettings

COMMENT_LETTERS = 96


def winner_file(search: SearchSettings, name: str, values: Mapping[str, Any], says: str) -> str:
    """Return the file's text; composed with it, the settings are those that the winner ran with.

    Raises:
        UserError: the settings do not compose.
    """
    defaults: list[Any] = [search.experiment] if search.experiment else []
    content: dict[str, Any] = {}
    for setting, value in values.items():
        if setting.startswith(RULE):
            continue
        # a word without a dot that is no plain setting chooses a file of its group
        if _is_group(setting):
            defaults.append({f"override /{setting}": value})
        else:
            _put(content, setting, value)
    out = {setting.removeprefix(RULE) for setting in values if values[setting] is False}
    out &= set(search.rules)
    if out:
        recipe = composed([*start_of(search), *overrides_of(search, values)])["filter"]["recipe"]
        left = [line for line in recipe if operator_of(line) not in out]
        _put(content, RECIPE, left)
    lines = [
        "# @package _global_",
        f"# snakemake results/search_{name}/score.json",
        f"# The winner of conf/search/{name}.yaml; see results/search/{name}/report.html",
    ]
    # the start's own settings first, then these
    parts: dict[str, Any] = {"defaults": [*defaults, "_self_"]} if defaults else {}
    text = yaml.safe_dump(parts | content, sort_keys=False, allow_unicode=True)
    comment = [f"# {line}" for line in textwrap.wrap(says, COMMENT_LETTERS)]
    return "\n".join([*lines, *comment, text])


def _is_group(setting: str) -> bool:
    return Path("conf", setting).is_dir()


def _put(content: dict[str, Any], setting: str, value: Any) -> None:
    *sections, last = setting.split(".")
    for section in sections:
        content = content.setdefault(section, {})
        if not isinstance(content, dict):
            raise UserError(f"{setting} varies beside a setting that holds it")
    content[last] = value
