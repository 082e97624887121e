"""What may vary: from a search's settings to Optuna's distributions, and from values to overrides.

A choice may be any value of YAML. Optuna takes plain ones alone, so it is handed their JSON.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from hydra.core.override_parser.types import Quote, QuotedString
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from bettersynth.errors import UserError, did_you_mean
from bettersynth.experiments.workflow.compose import composed
from bettersynth.settings.search import SearchSettings, VariedSettings

RULE = "rule:"
RECIPE = "filter.recipe"
# What decides how a recipe is measured. `instruction` is not among it: stage 2's data is what a
# recipe is trained on, and no question of a benchmark is made of it.
MEASURING = ("benchmark", "predict", "score")


def distributions(search: SearchSettings) -> dict[str, BaseDistribution]:
    """Return Optuna's distribution of each varied setting, and of each rule that may be out."""
    of_settings = {name: _distribution(varied) for name, varied in search.vary.items()}
    in_or_out = {RULE + rule: CategoricalDistribution(["true", "false"]) for rule in search.rules}
    return of_settings | in_or_out


def _distribution(varied: VariedSettings) -> BaseDistribution:
    if varied.choices is not None:
        return CategoricalDistribution([json.dumps(choice) for choice in varied.choices])
    low, high = varied.low, varied.high
    assert low is not None and high is not None
    if isinstance(low, int) and isinstance(high, int):
        return IntDistribution(low, high, log=varied.log, step=int(varied.step or 1))
    return FloatDistribution(low, high, log=varied.log, step=varied.step)


def values_of(params: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values that a trial of Optuna's stands for."""
    values = {}
    for name, value in params.items():
        values[name] = json.loads(value) if isinstance(value, str) else value
    return values


def start_of(search: SearchSettings) -> tuple[str, ...]:
    """Return the overrides of what the search starts from."""
    return (f"experiment={search.experiment}",) if search.experiment else ()


def overrides_of(search: SearchSettings, values: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the Hydra overrides that set the values in the place of what the search starts from.

    A rule that is out leaves the recipe as it is composed with all other values.

    Raises:
        UserError: the settings do not compose.
    """
    words = []
    for name, value in values.items():
        if not name.startswith(RULE):
            words.append(f"{name}={hydra_value(value)}")
    out = {name.removeprefix(RULE) for name, is_in in values.items() if is_in is False}
    out &= set(search.rules)
    if out:
        recipe = composed([*start_of(search), *words])["filter"]["recipe"]
        left = [line for line in recipe if operator_of(line) not in out]
        words.append(f"{RECIPE}={hydra_value(left)}")
    return tuple(words)


def operator_of(line: str | Mapping[str, Any]) -> str:
    """Return the operator that a line of a recipe names."""
    return line if isinstance(line, str) else next(iter(line))


def hydra_value(value: Any) -> str:
    """Return a value of YAML in the grammar of Hydra's overrides."""
    if isinstance(value, Mapping):
        entries = [f"{key}: {hydra_value(entry)}" for key, entry in value.items()]
        return "{" + ", ".join(entries) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(hydra_value, value)) + "]"
    if isinstance(value, str):
        return QuotedString(text=value, quote=Quote.double).with_quotes()
    # null, true, false and numbers as JSON has them
    return json.dumps(value)


def require_space(search: SearchSettings, where: str) -> None:
    """Pass if every setting that varies is one, at the ends of its range too.

    Raises:
        UserError: an unknown setting, a value that a stage refuses or that would measure a
            candidate otherwise than the start, or a rule that the recipe lacks.
    """
    # the stages' settings, which import half of the house
    from bettersynth.experiments.workflow.settings_check import require_valid_settings

    start = composed(start_of(search))
    operators = [operator_of(line) for line in start["filter"]["recipe"]]
    for rule in search.rules:
        if rule not in operators:
            hint = did_you_mean(rule, operators)
            raise UserError(
                f"{where}.rules: the recipe has no {rule}{hint}; it has: {', '.join(operators)}"
            )
    for name, varied in search.vary.items():
        for value in _ends(varied):
            word = f"{name}={hydra_value(value)}"
            try:
                params = composed([*start_of(search), word])
                _require_same_measuring(start, params)
                require_valid_settings(params, warns=False)
            except UserError as error:
                raise UserError(f"{where}.vary: {word}: {error}") from None


def _require_same_measuring(start: Mapping[str, Any], params: Mapping[str, Any]) -> None:
    """Pass if a candidate would be measured as the start is."""
    for section in MEASURING:
        if params.get(section) != start.get(section):
            raise UserError(
                f"it changes {section}, so that candidates would be measured otherwise than the "
                "start; set it in the experiment that all start from"
            )


def _ends(varied: VariedSettings) -> Sequence[Any]:
    return varied.choices if varied.choices is not None else [varied.low, varied.high]
