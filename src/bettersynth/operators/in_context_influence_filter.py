"""Keep samples that help a language model with a task, as examples before it, to a degree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np

from bettersynth.data.samples.batch import Batch
from bettersynth.errors import UserError
from bettersynth.measuring.models.causal_loss import CausalLoss, load_causal_loss
from bettersynth.measuring.protocols import Values
from bettersynth.measuring.ranges import in_range
from bettersynth.measuring.text import response_losses
from bettersynth.measuring.text.response_losses import (
    RESPONSE,
    Deciding,
    fields_read,
    model_hash,
    reads,
    response_values,
    template_fields,
    trusts_remote_code,
)

__all__ = [
    "Deciding",
    "Measuring",
    "fields_read",
    "keep",
    "measure",
    "model_hash",
    "reads",
    "require_complete",
]
VERSION = 1
READS = ("text",)
STATS = ("in_context_influence",)
CACHED = True
WHERE = "in_context_influence_filter"


@dataclass(frozen=True)
class Measuring(response_losses.Measuring):
    """`valid_dataset` are rows of the task, of which the first `n_shot` count (null: all).

    The templates make their queries and responses as those of samples; `task_desc` stands before
    each of their queries. A sample is an example before each row, or with `valid_as_demo` each row
    one before the sample.
    """

    BOUNDS: ClassVar = {"n_shot": (1, 1_000_000)}

    valid_dataset: list[dict[str, Any]] | None = None
    task_desc: str | None = None
    valid_as_demo: bool = False
    n_shot: int | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        for number, row in enumerate(self.valid_dataset or [], 1):
            for name in template_fields(self):
                if not isinstance(row.get(name), str):
                    raise UserError(f"{WHERE}: valid_dataset row {number} has no text in {name}")


class TaskRow(NamedTuple):
    """A row of the task: what stands before its response, and the response."""

    query: str
    response: str


def require_complete(settings: Measuring) -> None:
    """Pass if there are rows of the task.

    Raises:
        UserError: there are none.
    """
    if not settings.valid_dataset:
        raise UserError(f"{WHERE}: valid_dataset holds no row of the task, such as [{{text: ...}}]")


def measure(batch: Batch, settings: Measuring) -> Values:
    """Return `in_context_influence`: the loss of a response alone / its loss after the example,
    the mean over the task's rows; above 1 where the example helps.

    Raises:
        BadSample: a field that a template names holds no text, or a response has no token.
        UserError: so has the response of a row of the task.
    """
    require_complete(settings)
    task = task_rows(settings)
    if settings.valid_as_demo:
        return {STATS[0]: response_values(batch, settings, _helped_by(task))}
    model = load_causal_loss(settings.hf_model, trusts_remote_code(settings))
    return {STATS[0]: response_values(batch, settings, _helping(task, _losses(task, model)))}


def task_rows(settings: Measuring) -> list[TaskRow]:
    """Return the rows of the task that count, with its description before each query."""
    rows: list[TaskRow] = []
    for row in (settings.valid_dataset or [])[: settings.n_shot]:
        query = (settings.query_template or "").format(**row)
        response = (settings.response_template or RESPONSE).format(**row)
        told = "" if settings.task_desc is None else f"{settings.task_desc} "
        rows.append(TaskRow(told + query, response))
    return rows


def _losses(task: list[TaskRow], model: CausalLoss) -> list[float]:
    losses: list[float] = []
    for number, row in enumerate(task, 1):
        try:
            losses.append(model.of_response(row.query, row.response))
        except ValueError as error:
            raise UserError(f"{WHERE}: valid_dataset row {number}: {error}") from None
    return losses


def _helping(task: list[TaskRow], alone: list[float]) -> response_losses.ValueOf:
    """Return what measures a sample before each row of the task."""

    def influence(model: CausalLoss, query: str, response: str) -> float:
        ratios: list[float] = []
        for row, loss in zip(task, alone, strict=True):
            after = model.of_response(f"{query} {response} {row.query}", row.response)
            ratios.append(loss / after)
        return sum(ratios) / len(ratios)

    return influence


def _helped_by(task: list[TaskRow]) -> response_losses.ValueOf:
    """Return what measures a sample after each row of the task."""

    def influence(model: CausalLoss, query: str, response: str) -> float:
        alone = model.of_response(query, response)
        ratios: list[float] = []
        for row in task:
            after = model.of_response(f"{row.query} {row.response} {query}", response)
            ratios.append(alone / after)
        return sum(ratios) / len(ratios)

    return influence


def keep(values: Values, settings: Deciding) -> np.ndarray:
    """Return bool `[samples]`: whose value is in the range."""
    return in_range(values[STATS[0]], settings.min_score, settings.max_score, settings)
