"""Reading YAML as DVC and Hydra do: numbers of YAML 1.2, and no key twice."""

from __future__ import annotations

import re
import typing
from typing import Any

import yaml

# The loader in C reads params.yaml ten times faster, where PyYAML was built with it.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_WHOLE = re.compile(r"[-+]?(0b[01_]+|0o[0-7_]+|0x[0-9a-fA-F_]+|[0-9][0-9_]*)$")
_FLOAT = re.compile(
    r"([-+]?([0-9][0-9_]*\.?[0-9_]*|\.[0-9][0-9_]*)([eE][-+]?[0-9]+)?"
    r"|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))$"
)
_WHOLE_TAG = "tag:yaml.org,2002:int"
_FLOAT_TAG = "tag:yaml.org,2002:float"


class Yaml12Numbers(_Loader):
    """Reads numbers as YAML 1.2 has them, and with it DVC and Hydra: 1e-05 is a number, 010 is ten
    and 1:30 a text. PyYAML alone reads a text, eight and ninety.

    A key given twice is refused: PyYAML takes the last one without a word.
    """

    # PyYAML looks the class attribute up: the first letter of a plain scalar, (tag, pattern) of it
    yaml_implicit_resolvers: typing.ClassVar = {}

    def __init__(self, stream: Any):
        super().__init__(stream)
        # ids of the nodes whose merged keys (<<) stand in them
        self._flat: set[int] = set()

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        """Merge what `<<` names into a mapping.

        Raises:
            yaml.constructor.ConstructorError: it gives a key twice.
        """
        # Merged keys may be given again, so that the look comes before they are merged, and once
        if id(node) not in self._flat:
            self._flat.add(id(node))
            _refuse_keys_given_twice(node)
        super().flatten_mapping(node)


def _refuse_keys_given_twice(node: yaml.MappingNode) -> None:
    keys: set[tuple[str, str]] = set()
    for key, _ in node.value:
        if not isinstance(key, yaml.ScalarNode) or key.value == "<<":
            continue
        if (key.tag, key.value) in keys:
            raise yaml.constructor.ConstructorError(
                None, None, f"the key {key.value} is given twice", key.start_mark
            )
        keys.add((key.tag, key.value))


def _whole(loader: Any, node: yaml.ScalarNode) -> int:
    text = loader.construct_scalar(node).replace("_", "")
    # 0 as the base takes the prefixes alone: it refuses 010
    based = text.lstrip("+-")[:2] in ("0b", "0o", "0x")
    return int(text, 0) if based else int(text)


def _float(loader: Any, node: yaml.ScalarNode) -> float:
    text = loader.construct_scalar(node).replace("_", "").lower()
    return float(text.replace(".inf", "inf").replace(".nan", "nan"))


def _read_numbers_as_yaml_12() -> None:
    for letter, resolvers in _Loader.yaml_implicit_resolvers.items():
        kept = [pair for pair in resolvers if pair[0] not in (_WHOLE_TAG, _FLOAT_TAG)]
        Yaml12Numbers.yaml_implicit_resolvers[letter] = kept
    Yaml12Numbers.add_implicit_resolver(_WHOLE_TAG, _WHOLE, list("-+0123456789"))
    Yaml12Numbers.add_implicit_resolver(_FLOAT_TAG, _FLOAT, list("-+.0123456789"))
    Yaml12Numbers.add_constructor(_WHOLE_TAG, _whole)
    Yaml12Numbers.add_constructor(_FLOAT_TAG, _float)


_read_numbers_as_yaml_12()
