"""One operator on a few samples, with settings as a recipe gives them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bettersynth.data.samples.batch import Batch, Images
from bettersynth.measuring.measured import Measured, measure_good
from bettersynth.measuring.protocols import Values
from bettersynth.recipes.lines import Line, read_recipe


def line(name: str, compat: str = "", **settings: Any) -> Line:
    """Return the line of a recipe that names one operator and its settings."""
    return read_recipe([{name: settings}], "recipe", compat)[0]


def text_batch(*texts: str) -> Batch:
    """Return texts without pictures as a batch."""
    return Batch(texts, [[] for _ in texts], Images(str.encode))


def row_batch(*rows: dict[str, Any]) -> Batch:
    """Return whole rows, for the operators that read fields, as a batch."""
    texts = [row.get("text", "") for row in rows]
    return Batch(texts, [[] for _ in rows], Images(str.encode), rows=rows)


def measured(name: str, batch: Batch, compat: str = "", **settings: Any) -> tuple[Values, list]:
    """Return the values of a batch and which samples are kept by them."""
    recipe_line = line(name, compat, **settings)
    values = recipe_line.operator.measure(batch, recipe_line.measuring)
    return values, recipe_line.operator.keep(values, recipe_line.deciding).tolist()


def kept(name: str, *texts: str, compat: str = "", **settings: Any) -> list[bool]:
    """Return which of some texts are kept."""
    return measured(name, text_batch(*texts), compat, **settings)[1]


def value_of(name: str, text: str, **settings: Any) -> tuple[Any, bool]:
    """Return the first value of one text, and whether the text is kept."""
    values, flags = measured(name, text_batch(text), **settings)
    return next(iter(values.values()))[0], flags[0]


def measured_good(name: str, batch: Batch, compat: str = "", **settings: Any) -> Measured:
    """Return the values of the samples that can be measured, and the reasons of the others."""
    recipe_line = line(name, compat, **settings)
    return measure_good(recipe_line.operator, recipe_line.measuring, batch)


def rewritten(name: str, text: str, **settings: Any) -> str:
    """Return what a mapper makes of one text."""
    recipe_line = line(name, **settings)
    return recipe_line.operator.rewrite([text], recipe_line.deciding)[0]


def selected(name: str, values: Sequence[Any], compat: str = "", **settings: Any) -> list[int]:
    """Return the positions that a selector chooses by its values of all rows."""
    recipe_line = line(name, compat, **settings)
    return recipe_line.operator.select(values, recipe_line.deciding)
