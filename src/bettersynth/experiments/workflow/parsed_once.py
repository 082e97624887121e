"""DVC parses the same YAML once: it asks for params.yaml ten times a stage, and for dvc.yaml and
dvc.lock five times a run.
"""

from __future__ import annotations

import copy
import functools
from typing import Any

MOST_TEXTS = 64


def parse_each_text_once() -> None:
    """Let DVC in this process remember what it parsed, by the text."""
    from dvc.utils import strictyaml
    from dvc.utils.serialize import _yaml

    parse = _yaml.parse_yaml
    if parse.__module__ == __name__:
        return
    remembered = functools.lru_cache(maxsize=MOST_TEXTS)(parse)

    def parse_once(text: str, path: Any, typ: str = "safe") -> Any:
        # with its comments, to be written again: once a command at most
        if typ != "safe":
            return parse(text, path, typ)
        # DVC changes what it was given
        return copy.deepcopy(remembered(text, path))

    # both modules hold the function
    _yaml.parse_yaml = parse_once
    strictyaml.parse_yaml = parse_once
