"""Templates that are filled with a sample's text and other fields of it."""

from __future__ import annotations

import string
from collections.abc import Mapping, Sequence
from typing import Any

from bettersynth.data.samples.batch import BadSample, Batch
from bettersynth.errors import UserError

TEXT = "text"


def fields_of(template: str, where: str) -> list[str]:
    """Return the names of the fields in a template, each once, in order.

    Raises:
        UserError: its braces do not fit, or name no field; `where` names its setting.
    """
    try:
        parts = list(string.Formatter().parse(template))
        names = list(dict.fromkeys(name for _, name, _, _ in parts if name))
        template.format(**dict.fromkeys(names, ""))
    except ValueError as error:
        raise UserError(f"{where}: {error}") from None
    except (LookupError, AttributeError, TypeError):
        raise UserError(
            f"{where}: {template!r} has a place that names no field; a place is such as {{text}}"
        ) from None
    return names


def filled(template: str, others: Sequence[str], batch: Batch) -> list[str]:
    """Return the template filled with each sample's text and its fields `others`.

    Raises:
        BadSample: a field holds no text.
    """
    bad: list[int] = []
    texts: list[str] = []
    rows: Sequence[Mapping[str, Any]] = batch.rows if others else [{}] * len(batch)
    for position, (text, row) in enumerate(zip(batch.texts, rows, strict=True)):
        values = {name: row.get(name) for name in others}
        if not all(isinstance(value, str) for value in values.values()):
            bad.append(position)
            continue
        texts.append(template.format(**{TEXT: text}, **values))
    if bad:
        raise BadSample(bad, f"{' or '.join(others)} holds no text")
    return texts
