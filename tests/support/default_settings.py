"""Settings as params.yaml has them, with a test's own changes: nothing repeats their values."""

from __future__ import annotations

import dataclasses
import functools
from pathlib import Path
from typing import Any

import yaml

from bettersynth.experiments.workflow.settings_check import WITHOUT_DATACLASS, settings_class
from bettersynth.settings.pretrain_lm import TextSettings
from bettersynth.settings.reading import load_params, read_settings
from support.committed import committed_params

ROOT = Path(__file__).parents[2]
REPLACED_WHOLE = "settings"  # a captioner's own, of another captioner than the default's


def default_settings(path: str, **changes: Any) -> Any:
    """Return the settings of a section (`mix`) or of a part of one (`pool.emoji`), with changes.

    `pretrain_lm.text` is what conf/pretrain_lm/text.yaml holds; the default trains on none.
    """
    if path == "pretrain_lm.text":
        values = load_params(ROOT / "conf/pretrain_lm/text.yaml")["text"]
        return dataclasses.replace(read_settings(TextSettings, values, path), **changes)
    section, *parts = path.split(".")
    values = _default_params()[section]
    settings = read_settings(settings_class(section), values, f"params.yaml: {section}")
    for part in parts:
        settings = getattr(settings, part)
    return dataclasses.replace(settings, **changes)


def read_changed(path: str, **changes: Any) -> Any:
    """Return a section or part of one as it is read from params.yaml with changes: all checks."""
    settings_type = type(default_settings(path))
    section, *parts = path.split(".")
    values = _default_params()[section]
    for part in parts:
        values = values[part]
    return read_settings(settings_type, values | changes, f"params.yaml: {path}")


def default_params(**sections: Any) -> dict[str, Any]:
    """Return the named sections: params.yaml's values under the test's own.

    `stats`, `seeds` and others that are no dataclass stay as the test gives them.
    """
    return {
        name: values if name in WITHOUT_DATACLASS else _merged(_default_params()[name], values)
        for name, values in sections.items()
    }


@functools.cache
def _default_params() -> dict[str, Any]:
    decoder = yaml.safe_load((ROOT / "conf/nano_decoder/nano.yaml").read_text(encoding="utf-8"))
    return committed_params() | {"nano_decoder": decoder}


def _merged(defaults: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    merged = dict(defaults)
    for name, value in changes.items():
        default = defaults.get(name)
        nested = isinstance(value, dict) and isinstance(default, dict)
        merged[name] = _merged(default, value) if nested and name != REPLACED_WHOLE else value
    return merged
