"""The list `seeds` of `params.yaml`: one model is trained and answers for each."""

from __future__ import annotations

from typing import Any

from bettersynth.errors import UserError


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
    return sorted(value)


def seed_argument(arguments: list[str], module: str) -> int:
    """Return the seed that a training step was given on its command line.

    Raises:
        UserError: none, or not a whole number.
    """
    if not arguments or not arguments[0].isdigit():
        raise UserError(f"give the seed, a whole number from 0 on: python -m {module} 0")
    return int(arguments[0])
