"""A study of pools: its arms are run as trials, and earlier ones say which are run next.

The seen half of MMBench chooses which parts are combined and repeated; every comparison is of the
unseen half, and of trainings that chose neither of the two.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Sequence

import pyarrow as pa

from bettersynth.errors import UserError
from bettersynth.experiments.history.compared_runs import load_run
from bettersynth.experiments.search.outcomes import Outcome
from bettersynth.experiments.search.space import hydra_value
from bettersynth.experiments.search.tracking import track
from bettersynth.experiments.search.trial_settings import Trial, make_trial
from bettersynth.experiments.search.trials import run_trials
from bettersynth.experiments.studies.arms import (
    Arm,
    ArmResult,
    Comparison,
    Pair,
    compare_pairs,
)
from bettersynth.experiments.studies.leave_one_out import (
    ALL_RULES,
    confirming_arms,
    rule_arms,
    rule_pairs,
    rules_of,
)
from bettersynth.experiments.studies.thirds import (
    ENDS,
    Third,
    best_part,
    best_thirds,
    combined_arms,
    fresh_seeds,
    repeated_arms,
    single_arms,
    single_pairs,
)
from bettersynth.experiments.workflow.compose import composed
from bettersynth.settings.pools import PoolsSettings
from bettersynth.settings.seeds import read_seeds

# that train what was chosen again: combinations, and repeats
STEPS = 2
# the stage up to which all arms have much in common: pool, towers, features, scorer, stats
SHARED = "mix"


@dataclasses.dataclass(frozen=True)
class Study:
    """How every arm ended, by its name, and every comparison.

    `shared_seconds` are CPU seconds of what all arms share.
    """

    results: dict[str, ArmResult]
    comparisons: list[Comparison]
    shared_seconds: float = 0.0


class PoolStudy:
    """The study `name` under way, `workers` trials at once.

    `spread` are the items of the experiment that lends one seed its spread.
    """

    def __init__(
        self, settings: PoolsSettings, name: str, workers: int, spread: pa.Table | None = None
    ) -> None:
        self.settings = settings
        self.name = name
        self.workers = workers
        self.spread = spread
        start = [f"experiment={settings.experiment}"] if settings.experiment else []
        self.base = [*start, *settings.overrides]
        self.params = composed(self.base)
        self.recipe = list((self.params.get("filter") or {}).get("recipe") or [])
        self.results: dict[str, ArmResult] = {}
        self.pairs: list[Pair] = []
        self._shared: Trial | None = None
        self._shared_seconds = 0.0
        self._ended: dict[str, Outcome] = {}
        self._trials: dict[str, Trial] = {}

    def require(self) -> None:
        """Pass if every arm that may be run composes and no stage would refuse its settings.

        Raises:
            UserError: what is wrong first.
        """
        arms = self._first_arms()
        repeats = self.settings.repeats
        if repeats:
            # which part is the best is not known yet: all compose alike
            third = Third(self.settings.stats[0], ENDS[0])
            best = Arm(third.arm, third.words, [third.line])
            arms += self._repeated(best, [max(repeats)])[0]
        if self.settings.stats:
            self._require_fresh_seeds()
        if self.settings.confirm:
            self._visits("confirm", of_experiment=True)
        for arm in arms:
            self._trial(arm)

    def run(self) -> Study:
        """Run all arms and compare them.

        Raises:
            UserError: a trial was killed, the machine is short of something, or all thirds failed.
        """
        arms = self._first_arms()
        self._share(arms[0])
        self._run(arms)
        if self.settings.stats:
            self.pairs += single_pairs(self.settings.stats)
            self._run_best()
        if self.settings.leave_one_out:
            self._weigh_rules(arms)
        comparisons = compare_pairs(self.results, self.pairs, self.spread)
        return Study(self.results, comparisons, self._shared_seconds)

    def _require_fresh_seeds(self) -> None:
        """Pass if there are seeds to train again what is chosen.

        Raises:
            UserError: the file's own seeds leave none.
        """
        try:
            read_seeds(list(fresh_seeds(self.settings.seeds, STEPS)))
        except UserError:
            raise UserError(
                f"seeds holds {max(self.settings.seeds):,}, beyond which there are not enough to "
                "train again what is chosen; give smaller ones"
            ) from None

    def _first_arms(self) -> list[Arm]:
        thirds = single_arms(self.settings.stats) if self.settings.stats else []
        return [*thirds, *(rule_arms(self.recipe) if self.settings.leave_one_out else [])]

    def _run_best(self) -> None:
        best = best_thirds(self.results, self.settings.stats)[: self.settings.combine]
        combined, pairs = combined_arms(best, fresh_seeds(self.settings.seeds, 1))
        self._run(combined)
        self.pairs += pairs
        if self.settings.repeats:
            part = best_part(best, combined, self.results)
            repeated, pairs = self._repeated(part, self.settings.repeats)
            self._run(repeated)
            self.pairs += pairs

    def _repeated(self, part: Arm, repeats: Sequence[int]) -> tuple[list[Arm], list[Pair]]:
        seeds = fresh_seeds(self.settings.seeds, STEPS)
        return repeated_arms(part, repeats, self._visits("repeats"), seeds)

    def _weigh_rules(self, arms: Sequence[Arm]) -> None:
        whole = self.results[ALL_RULES].run
        self.pairs += rule_pairs(self.recipe, whole.costs if whole else {})
        confirm = self.settings.confirm
        if confirm:
            visits = self._visits("confirm", of_experiment=True)
            rules = rules_of(self.recipe)
            fresh, pairs = confirming_arms(arms, self.results, rules, confirm, visits)
            self._run(fresh)
            self.pairs += pairs

    def _visits(self, what: str, of_experiment: bool = False) -> int:
        """Return the visits of stage 1: the study's, or the experiment's own.

        Raises:
            UserError: none are set, and `what` needs them.
        """
        own: int | None = (self.params.get("mix") or {}).get("visits")
        visits = own if of_experiment else self.settings.visits or own
        if visits is None:
            raise UserError(
                f"{what} needs a number of visits, and the experiment's mix.visits is null: set "
                "it under overrides, mix.visits=N"
            )
        return visits

    def _trial(self, arm: Arm, target: str = "score") -> Trial:
        recipe = f"filter.recipe={hydra_value(arm.recipe)}"
        label = f"pools-{self.name}-{arm.name}"
        if target == SHARED:
            label += "-shared"
        # to compose one takes most of a second, and each is asked for twice
        if label not in self._trials:
            seeds = arm.seeds or self.settings.seeds
            visits = arm.visits or self.settings.visits
            self._trials[label] = make_trial(label, [*self.base, recipe], seeds, visits, target)
        return self._trials[label]

    def _share(self, arm: Arm) -> None:
        """Make what all arms share, as far as the training set: no arm is charged with it."""
        shared = self._trial(arm, SHARED)
        [outcome] = run_trials([shared], 1, self._say)
        self._shared_seconds = outcome.cpu_seconds
        # where it fails, the arm fails too, and says why
        self._shared = None if outcome.failure else shared

    def _run(self, arms: Sequence[Arm]) -> None:
        trials = [self._trial(arm) for arm in arms]
        outcomes = run_trials(trials, self.workers, self._say, self._shared)
        for arm, outcome in zip(arms, outcomes, strict=True):
            run = None if outcome.failure else load_run(outcome.trial.name)
            self.results[arm.name] = ArmResult(arm, run, outcome.failure, outcome.cpu_seconds)

    def _say(self, outcome: Outcome) -> None:
        """Print the line of progress."""
        track(self.settings.tracker, f"pools-{self.name}", outcome)
        self._ended[outcome.trial.name] = outcome
        failed = sum(bool(ended.failure) for ended in self._ended.values())
        failures = f" ({failed} failed)" if failed else ""
        seconds = sum(ended.cpu_seconds for ended in self._ended.values())
        line = f"pools {self.name}: {len(self._ended)} trials{failures}, {seconds:.0f} CPU s"
        print(line, file=sys.stderr, flush=True)
