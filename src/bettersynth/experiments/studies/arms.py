"""The arms of a study: parts of one pool, each trained on as a trial, and compared in pairs."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from bettersynth.errors import UserError
from bettersynth.evaluation.scoring.halves import Half, items_of_half
from bettersynth.evaluation.scoring.item_scores import picture_scores
from bettersynth.evaluation.statistics.intervals import Interval, score_interval
from bettersynth.evaluation.statistics.paired import holm
from bettersynth.experiments.history.compared_runs import Run, load_run
from bettersynth.experiments.history.score_differences import ScoreDifference, one_difference
from bettersynth.experiments.search.space import hydra_value
from bettersynth.experiments.search.trials import Outcome, Trial, make_trial, run_trials

BENCHMARK = "mmbench"


@dataclasses.dataclass(frozen=True)
class Arm:
    """One recipe of a study; `visits` of stage 1 are the experiment's own where they are None."""

    name: str
    words: str
    recipe: list[dict[str, Any]]
    visits: int | None = None


@dataclasses.dataclass(frozen=True)
class ArmResult:
    """How an arm ended: `run` is None where it failed, and `failure` says why."""

    arm: Arm
    run: Run | None
    failure: str
    cpu_seconds: float

    def score(self, half: Half) -> Interval | None:
        """Return the MMBench score of one half, in 0 to 1."""
        if self.run is None:
            return None
        protocol = str(self.run.score["mmbench_protocol"])
        return score_interval(
            picture_scores(items_of_half(self.run.items, half), BENCHMARK, protocol)
        )


@dataclasses.dataclass(frozen=True)
class Pair:
    """Two arms to compare, `arm` against `control`, and what that tells.

    `cost` is the CPU seconds that measuring takes for a rule; None where that is not asked.
    """

    arm: str
    control: str
    question: str
    cost: float | None = None


@dataclasses.dataclass(frozen=True)
class Comparison:
    """A pair's difference on the unseen half, in points, with p after Holm over the whole study.

    `difference` is None where an arm failed.
    """

    pair: Pair
    difference: ScoreDifference | None
    adjusted_p: float

    @property
    def is_told(self) -> bool:
        """Whether the difference is more than chance at 5 %."""
        return self.difference is not None and self.adjusted_p < 0.05


def trial_of(arm: Arm, base: Sequence[str], seeds: Sequence[int], visits: int | None) -> Trial:
    """Return the trial of an arm.

    Raises:
        UserError: its settings do not compose, or a stage would refuse them.
    """
    recipe = f"filter.recipe={hydra_value(arm.recipe)}"
    return make_trial(arm.name, [*base, recipe], seeds, arm.visits or visits)


def run_arms(trials: Mapping[str, Trial], arms: Sequence[Arm], workers: int) -> list[ArmResult]:
    """Run the arms' trials (by arm name), those that are done not again, and return how each ended.

    Raises:
        UserError: a trial was killed, or the machine is short of something.
    """
    outcomes = run_trials([trials[arm.name] for arm in arms], workers, _say)
    results = []
    for arm, outcome in zip(arms, outcomes, strict=True):
        run = None if outcome.failure else load_run(outcome.trial.name)
        results.append(ArmResult(arm, run, outcome.failure, outcome.cpu_seconds))
    return results


def _say(outcome: Outcome) -> None:
    told = outcome.failure or f"{outcome.cpu_seconds:.0f} CPU seconds"
    print(f"{outcome.trial.name}: {told}", flush=True)


def compare_pairs(results: Mapping[str, ArmResult], pairs: Sequence[Pair]) -> list[Comparison]:
    """Return every pair's difference in MMBench on the unseen half; all pairs are one family.

    Raises:
        UserError: two arms answered other questions.
    """
    differences = [_difference(results[pair.control], results[pair.arm]) for pair in pairs]
    tested = [difference for difference in differences if difference is not None]
    adjusted = iter(holm([difference.p for difference in tested]))
    comparisons = []
    for pair, difference in zip(pairs, differences, strict=True):
        p = 1.0 if difference is None else next(adjusted)
        comparisons.append(Comparison(pair, difference, p))
    return comparisons


def _difference(control: ArmResult, arm: ArmResult) -> ScoreDifference | None:
    if control.run is None or arm.run is None:
        return None
    protocol = str(control.run.score["mmbench_protocol"])
    return one_difference(_unseen(control.run), _unseen(arm.run), BENCHMARK, protocol)


def _unseen(run: Run) -> Run:
    return dataclasses.replace(run, items=items_of_half(run.items, "unseen"))


def require_score(result: ArmResult) -> float:
    """Return an arm's MMBench score on the seen half.

    Raises:
        UserError: it failed.
    """
    score = result.score("seen")
    if score is None:
        raise UserError(f"the arm {result.arm.name} failed: {result.failure}")
    return score.mean
