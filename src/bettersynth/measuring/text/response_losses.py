"""A response, as a template makes it of a sample, measured by a language model after its query."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from bettersynth.data.samples.batch import BadSample, Batch
from bettersynth.errors import UserError
from bettersynth.measuring.models.causal_loss import CausalLoss, load_causal_loss
from bettersynth.measuring.ranges import Ends
from bettersynth.measuring.text.field_templates import TEXT, fields_of, filled
from bettersynth.models.weights.identity import hash_of_model

RESPONSE = f"{{{TEXT}}}"
# of a model, a query and a response
ValueOf = Callable[[CausalLoss, str, str], float]


@dataclass(frozen=True)
class Measuring:
    """`hf_model` is a language model of transformers, a folder or hub id. The templates make query
    and response of the sample's text and other fields; of `model_params` only `trust_remote_code`
    is known.
    """

    hf_model: str = "Qwen/Qwen2.5-0.5B"
    model_params: dict[str, bool] | None = field(default_factory=dict)
    query_template: str | None = None
    response_template: str | None = None

    def __post_init__(self) -> None:
        if unknown := set(self.model_params or {}) - {"trust_remote_code"}:
            raise UserError(f"model_params has no {', '.join(sorted(unknown))}")
        template_fields(self)


@dataclass(frozen=True)
class Deciding(Ends):
    """The range that is kept: `min_score` to `max_score`."""

    min_score: float = 1.0
    max_score: float = 100.0


def template_fields(settings: Measuring) -> list[str]:
    """Return the fields that both templates name, each once.

    Raises:
        UserError: the braces of one do not fit.
    """
    names = fields_of(settings.query_template or "", "query_template")
    names += fields_of(settings.response_template or RESPONSE, "response_template")
    return list(dict.fromkeys(names))


def reads(settings: Measuring) -> tuple[str, ...]:
    """Return what a value depends on."""
    return (TEXT, "fields") if fields_read(settings) else (TEXT,)


def fields_read(settings: Measuring) -> list[str]:
    """Return the fields that the templates name beside the text."""
    return [name for name in template_fields(settings) if name != TEXT]


def model_hash(settings: Measuring) -> str:
    """Return what changes when the files do that a value depends on."""
    return hash_of_model(settings.hf_model)


def trusts_remote_code(settings: Measuring) -> bool:
    """Whether code that lies beside the model may run."""
    return bool((settings.model_params or {}).get("trust_remote_code"))


def response_values(batch: Batch, settings: Measuring, value_of: ValueOf) -> list[float]:
    """Return `value_of(model, query, response)` of each sample. Special tokens count.

    Raises:
        BadSample: a field that a template names holds no text, a response has no token, or its loss
            divides another and is 0.
    """
    model = load_causal_loss(settings.hf_model, trusts_remote_code(settings))
    others = fields_read(settings)
    queries = filled(settings.query_template or "", others, batch)
    responses = filled(settings.response_template or RESPONSE, others, batch)
    values: list[float] = []
    bad: list[int] = []
    for position, (query, response) in enumerate(zip(queries, responses, strict=True)):
        try:
            values.append(value_of(model, query, response))
        except (ValueError, ZeroDivisionError):
            bad.append(position)
    if bad:
        raise BadSample(bad, "the response has no token to predict, or a loss of 0")
    return values
