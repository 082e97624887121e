"""What experiments took, all in all and beside what they have in common."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from bettersynth.experiments.history.compared_runs import Experiment
from bettersynth.experiments.history.costs import Cost, add_up


@dataclasses.dataclass(frozen=True)
class CostDifference:
    """What an experiment took.

    `total` is for all its stages, `own` for those whose outputs are not the first experiment's.
    """

    name: str
    total: Cost
    own: Cost


def cost_differences(runs: Sequence[Experiment]) -> list[CostDifference]:
    """Return the costs of each run that has a `dvc.lock`.

    What the first has in common with another counts as the first's.
    """
    costs = []
    first_outputs = _outputs(runs[0])
    for run in runs:
        outputs = _outputs(run)
        if not outputs:
            continue
        own = []
        for stage, made in outputs.items():
            # equal outputs were made once, by whichever ran first
            if run is runs[0] or made != first_outputs.get(stage):
                own.append(run.costs[stage])
        total = add_up(list(run.costs.values()))
        costs.append(CostDifference(run.name, total, add_up(own)))
    return costs


def _outputs(run: Experiment) -> dict[str, dict[str, str]]:
    """Return the hash of each output by its path, by stage."""
    outputs = {}
    for name, stage in (run.lock.get("stages") or {}).items():
        outputs[name] = {out["path"]: out.get("md5", "") for out in stage.get("outs", [])}
    return outputs


def cost_sentence(cost: CostDifference) -> str:
    """Return a cost in words."""
    total = cost.total
    if not total.known:
        return f"cost of {cost.name}: no record in this clone"
    text = f"cost of {cost.name}: {_seconds(total)} over {total.known} of {total.stages} stages"
    if cost.own == total:
        return text
    return f"{text}; {_own(cost.own)} whose outputs are its own"


def _own(own: Cost) -> str:
    """Return what a run's own stages took, as far as that was measured."""
    if own.known == own.stages:
        return f"{_seconds(own)} for the {own.stages}"
    if not own.known:
        return f"not measured for the {own.stages}"
    return f"{_seconds(own)} over {own.known} of the {own.stages}"


def _seconds(cost: Cost) -> str:
    text = f"{cost.cpu_seconds or 0:,.0f} CPU seconds"
    if cost.gpu_seconds:
        text += f" and {cost.gpu_seconds:,.0f} GPU seconds"
    return text
