"""Keep samples for which a condition over their fields holds."""

from __future__ import annotations

import ast
import functools
import itertools
import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from bettersynth.data.samples.batch import BadSample, Batch
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
# a condition comes from a recipe: nothing that calls, subscripts or computes is let through
_ALLOWED = (
    *(ast.BoolOp, ast.And, ast.Or, ast.Compare, ast.UnaryOp),
    *(ast.Name, ast.Attribute, ast.Load, ast.Constant, ast.List, ast.Tuple, ast.Set),
    *_COMPARISONS,
    *_SIGNS,
)
# what JSON has, so that a stat can be written
_CONSTANTS = (str, int, float, type(None))
_WHERE = "general_field_filter.filter_condition"


@dataclass(frozen=True)
class Measuring:
    """`filter_condition` is Python's notation: `10 < num <= 30 and meta.lang in ["en", "de"]`.

    It may hold names and dot paths of fields, constants, lists, comparisons, and, or, not.
    Nothing is called.
    """

    filter_condition: str = ""

    def __post_init__(self) -> None:
        if self.filter_condition.strip():
            # a mistake is told before the first row
            parse_condition(self.filter_condition)


@dataclass(frozen=True)
class Deciding:
    """Nothing can be set."""


def fields_read(settings: Measuring) -> list[str]:
    """Return the dot paths that the condition names."""
    if not settings.filter_condition.strip():
        return []
    return _paths(parse_condition(settings.filter_condition))


def _paths(node: ast.AST) -> list[str]:
    """Return the dot paths in a condition, from left to right."""
    names: list[str] = []
    innermost = node
    while isinstance(innermost, ast.Attribute):
        names.insert(0, innermost.attr)
        innermost = innermost.value
    if isinstance(innermost, ast.Name):
        return [".".join([innermost.id, *names])]
    paths: list[str] = []
    for child in ast.iter_child_nodes(node):
        paths += _paths(child)
    return paths


def measure(batch: Batch, settings: Measuring) -> Values:
    """Return `general_field_filter_condition`: what the condition gives for each sample.

    Nothing is returned without a condition.

    Raises:
        UserError: the condition is not written in this notation.
        BadSample: samples whose values cannot be compared so, such as a number with a text.
    """
    if not settings.filter_condition.strip():
        return {}
    tree = parse_condition(settings.filter_condition)
    values: list[Any] = []
    odd: list[int] = []
    reason = ""
    for position, row in enumerate(batch.rows):
        try:
            values.append(value_of(tree, row))
        except TypeError as error:
            odd.append(position)
            reason = reason or f"{settings.filter_condition!r}: {error}"
    if odd:
        raise BadSample(odd, reason)
    return {"general_field_filter_condition": values}


def keep(values: Values, settings: Deciding) -> np.ndarray:
    """Return bool `[samples]`: where the condition gives what Python takes for true."""
    column = values.get("general_field_filter_condition", [])
    return np.array(list(map(bool, column)), dtype=bool)


@functools.lru_cache(maxsize=16)
def parse_condition(condition: str) -> ast.expr:
    """Return the condition as a tree of allowed nodes.

    Raises:
        UserError: not an expression, or one with anything else in it.
    """
    try:
        tree = ast.parse(condition.strip(), mode="eval").body
    except SyntaxError as error:
        raise UserError(f"{_WHERE} {condition!r} is not a condition: {error.msg}") from None
    except ValueError as error:
        # a null byte
        raise UserError(f"{_WHERE} {condition!r} is not a condition: {error}") from None
    except (RecursionError, MemoryError):
        raise UserError(f"{_WHERE} {condition[:40]!r}... is nested too deeply") from None
    for node in ast.walk(tree):
        odd_constant = isinstance(node, ast.Constant) and not isinstance(node.value, _CONSTANTS)
        if odd_constant or not isinstance(node, _ALLOWED):
            kind = type(node).__name__
            raise UserError(f"{_WHERE} {condition!r}: {kind} is not allowed")
    return tree


def value_of(node: ast.expr, row: dict[str, Any]) -> Any:
    """Return the value of a condition for one sample.

    An absent field is None, and no comparison with None but `not in` holds.
    """
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
            # a dot path is read from the left: `meta.lang` is `lang` of the value of `meta`
            fields = value_of(inner, row)
            return fields.get(name) if isinstance(fields, dict) else None
        case ast.Constant(value):
            return value
        case ast.List(items) | ast.Tuple(items) | ast.Set(items):
            return [value_of(item, row) for item in items]
        case ast.Compare(left, comparisons, others):
            # all sides are looked up before the first comparison, unlike in Python
            sides = [value_of(item, row) for item in (left, *others)]
            neighbours = zip(comparisons, sides[:-1], sides[1:], strict=True)
            return all(itertools.starmap(_holds, neighbours))
    # parse_condition lets nothing else through
    raise AssertionError(node)


def _holds(sign: ast.cmpop, left: Any, right: Any) -> bool:
    if left is None or right is None:
        return isinstance(sign, ast.NotIn)
    return bool(_COMPARISONS[type(sign)](left, right))
