"""`bettersynth diff A B`: how two experiments differ in training data, settings and cost, whatever
came of them.
"""

from __future__ import annotations

from bettersynth.experiments.history.compared_runs import (
    load_experiment,
    no_training_set,
    training_set,
)
from bettersynth.experiments.history.cost_differences import cost_differences, cost_sentence
from bettersynth.experiments.history.data_difference import (
    EXAMPLES,
    KINDS,
    data_difference,
    data_sentence,
)
from bettersynth.experiments.history.param_differences import param_differences


def diff(first_name: str, second_name: str, examples: int = EXAMPLES) -> str:
    """Return what is printed: data with examples, settings, cost.

    Raises:
        UserError: one cannot be found, or has no training set.
    """
    first = load_experiment(first_name)
    second = load_experiment(second_name)
    data = data_difference(first, second, examples)
    if data is None:
        lacking = first_name if training_set(first.read, first_name) is None else second_name
        raise no_training_set(lacking)
    lines = [
        f"data: {first_name} has {data.reference_samples:,} samples, "
        f"{second_name} {data.other_samples:,}; {data_sentence(data)}"
    ]
    for kind in KINDS:
        for example in data.examples[kind]:
            sides = [side for side in (example.first, example.second) if side]
            lines.append(f"  {kind:12}{example.id}: {' -> '.join(sides)}")
    params = param_differences([first, second])
    lines.append(f"settings: {len(params)} differ")
    for path, values in params.items():
        lines.append(f"  {path}: {' -> '.join(map(str, values))}")
    lines += [cost_sentence(cost) for cost in cost_differences([first, second])]
    return "\n".join(lines)
