"""Keep samples for which a condition over their fields holds."""

from __future__ import annotations

import ast
import functools
import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from bettersynth.data.samples.batch import Batch
from bettersynth.errors import UserError
from bettersynth.measuring.protocols import Values

VERSION = 1
READS = ("fields",)
STATS = ("general_field_filter_condition",)
CACHED = False

_COMPARISONS: dict[type, Callable[[Any, Any], Any]] = {
    ast.Gt: operator.gt,
    ast.Lt: operator.lt,
    ast.GtE: operator.ge,
    ast.LtE: operator.le,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.In: lambda item, items: item in items,
    ast.NotIn: lambda item, items: item not in items,
}
_SIGNS: dict[type, Callable[[Any], Any]] = {
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
    ast.Not: operator.not_,
}


@dataclass(frozen=True)
class Measuring:
    """`filter_condition` is Python's notation, such as `10 < num <= 30 and meta.lang in ["en", "de"]`: names and dot paths of fields,
    constants, lists, comparisons, and, or, not. Nothing is called.
    """

    filter_condition: str = ""


@dataclass(frozen=True)
class Deciding:
    pass


def measure(batch: Batch, settings: Measuring) -> Values:
    """Return `general_field_filter_condition`: what the condition gives for each sample; nothing without a condition.

    Raises:
        UserError: the condition is not written in this notation, or compares what cannot be compared.
    """
    if not settings.filter_condition.strip():
        return {}
    tree = parse_condition(settings.filter_condition)
    try:
        return {"general_field_filter_condition": [value_of(tree, row) for row in batch.rows]}
    except TypeError as error:
        raise UserError(f"general_field_filter: {settings.filter_condition!r}: {error}") from None


def keep(values: Values, settings: Deciding) -> np.ndarray:
    return np.array(
        [bool(value) for value in values.get("general_field_filter_condition", [])], dtype=bool
    )


@functools.lru_cache(maxsize=16)
def parse_condition(condition: str) -> ast.expr:
    """Return the condition as a tree of allowed nodes.

    Raises:
        UserError: not an expression, or one with anything else in it.
    """
    try:
        tree = ast.parse(condition.strip(), mode="eval").body
    except SyntaxError as error:
        raise UserError(
            f"general_field_filter.filter_condition {condition!r} is not a condition: {error.msg}"
        ) from None
    allowed = (
        ast.BoolOp,
        ast.And,
        ast.Or,
        ast.Compare,
        ast.Name,
        ast.Attribute,
        ast.Constant,
        ast.UnaryOp,
        ast.List,
        ast.Tuple,
        ast.Set,
    )
    for node in ast.walk(tree):
        if not isinstance(node, (*allowed, ast.Load, *_COMPARISONS, *_SIGNS)):
            raise UserError(
                f"general_field_filter.filter_condition {condition!r}: {type(node).__name__} is not allowed"
            )
    return tree


def value_of(node: ast.expr, row: dict[str, Any]) -> Any:
    """Return the value of a condition for one sample; an absent field is None, and no comparison with None but `not in` holds."""
    match node:
        case ast.BoolOp(ast.And(), values):
            return all(value_of(value, row) for value in values)
        case ast.BoolOp(ast.Or(), values):
            return any(value_of(value, row) for value in values)
        case ast.UnaryOp(sign, operand):
            return _SIGNS[type(sign)](value_of(operand, row))
        case ast.Name(name):
            return row.get(name)
        case ast.Attribute(inner, name):
            found = value_of(inner, row)
            return found.get(name) if isinstance(found, dict) else None
        case ast.Constant(value):
            return value
        case ast.List(items) | ast.Tuple(items) | ast.Set(items):
            return [value_of(item, row) for item in items]
        case ast.Compare(left, comparisons, others):
            values = [value_of(item, row) for item in (left, *others)]
            return all(
                _holds(sign, a, b)
                for sign, a, b in zip(comparisons, values[:-1], values[1:], strict=True)
            )
    raise AssertionError(node)


def _holds(sign: ast.cmpop, left: Any, right: Any) -> bool:
    if left is None or right is None:
        return isinstance(sign, ast.NotIn)
    return bool(_COMPARISONS[type(sign)](left, right))
