"""The list `seeds` of `params.yaml`: one model is trained and answers for each."""

from __future__ import annotations

from typing import Any

from bettersynth.errors import UserError
from bettersynth.settings.reading import SEEDS


def read_seeds(value: Any) -> list[int]:
    """Return the training seeds, sorted.

    Raises:
        UserError: not a list of different whole numbers, or an empty one.
    """
    whole = isinstance(value, list) and all(type(seed) is int for seed in value)
    if not whole or not value or len(set(value)) != len(value):
        raise UserError(
            "params.yaml: seeds must be a list of different whole numbers such as [0, 1, 2], "
            f"not {value!r}"
        )
    for seed in value:
        if not SEEDS[0] <= seed <= SEEDS[1]:
            raise UserError(
                f"params.yaml: seeds holds {seed}; a seed must be from {SEEDS[0]} to {SEEDS[1]:,}"
            )
    return sorted(value)


def stage_arguments(arguments: list[str]) -> list[str]:
    """Return the values of a step's command line: `--seed 0 --benchmark mmbench`, which DVC writes
    with each value quoted for the shell, is `0 mmbench`.
    """
    return [word for word in arguments if not word.startswith("--")]


def seed_argument(arguments: list[str], module: str) -> int:
    """Return the seed that a training step was given on its command line.

    Raises:
        UserError: none, or not a whole number.
    """
    values = stage_arguments(arguments)
    if len(values) != 1 or not values[0].isdecimal():
        raise UserError(f"give the seed, a whole number from 0 on: python -m {module} 0")
    return int(values[0])
