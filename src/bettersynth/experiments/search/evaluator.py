"""Measures candidates for real: trials as DVC experiments, scored on both halves of the items."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence, Set
from pathlib import Path

from bettersynth.data.files.reading import parse_json
from bettersynth.errors import UserError
from bettersynth.evaluation.scoring.baseline_scores import baseline_of
from bettersynth.evaluation.scoring.halves import items_of_half
from bettersynth.experiments.search.candidates import Asked, Measured
from bettersynth.experiments.search.objectives import is_cost, is_ratio, score_of_pictures
from bettersynth.experiments.search.outcomes import (
    Outcome,
    known_outcome,
    recipe_cpu_seconds,
    recipe_gpu_seconds,
)
from bettersynth.experiments.search.space import overrides_of, start_of
from bettersynth.experiments.search.stage_one_trials import SeedMeasures, measured_seeds
from bettersynth.experiments.search.tracking import track
from bettersynth.experiments.search.trial_settings import Trial, make_trial
from bettersynth.experiments.search.trials import run_trials
from bettersynth.experiments.studies.measures import MEASURES, Asking
from bettersynth.settings.reading import read_settings
from bettersynth.settings.score import ScoreSettings
from bettersynth.settings.search import SearchSettings

CONTROL = "+control=random"
# the stage up to which all recipes have much in common: pool, towers, features, scorer, stats
SHARED = "mix"
# the stage that ends a trial of which a cheap measure is asked
STAGE_ONE = "pretrain"
CARD = "data/mix/card.json"


class TrialEvaluator:
    """Runs trials of the search `name`, `workers` at once, with a line on standard error for each.

    `outcomes` holds all that ended, by the trial's name, `stage_one` what each seed showed of those
    whose stage 1 was asked, by name and what was asked.
    """

    def __init__(self, search: SearchSettings, name: str, workers: int):
        self.search = search
        self.name = name
        self.workers = workers
        self.outcomes: dict[str, Outcome] = {}
        self.stage_one: dict[tuple[str, tuple[Asking, ...]], list[SeedMeasures]] = {}
        self._shared: Trial | None = None
        self._best = ""
        self._began = time.monotonic()
        # names of trials that an earlier run of the search made
        self._made_before: set[str] = set()

    def prepare(self, asked: Asked) -> None:
        """Make what all recipes share, as far as the training set: no recipe is charged with it.

        Where that fails, the recipe fails too, and says why.

        Raises:
            UserError: as `measure`.
        """
        shared = self._trial(asked, target=SHARED)
        self._run([shared])
        self._shared = shared

    def measure(self, asked: Sequence[Asked]) -> list[Measured]:
        """Return what came of each, in order.

        Raises:
            UserError: a trial was killed, or the machine had no room: run the search again.
        """
        trials: list[Trial | UserError] = []
        for one in asked:
            try:
                trials.append(self._trial(one))
            except UserError as error:
                trials.append(error)
        there = [trial for trial in trials if isinstance(trial, Trial)]
        ended = self._run(there)
        self._measure_stage_one(ended, {one.measure for one in asked if one.measure is not None})
        outcomes = iter(ended)
        measured = []
        for one, trial in zip(asked, trials, strict=True):
            if isinstance(trial, Trial):
                measured.append(self._measured(one, next(outcomes)))
            else:
                measured.append(Measured(one, failure=str(trial)))
        self._note_best(measured)
        return measured

    def _measure_stage_one(self, ended: Sequence[Outcome], measures: Set[str]) -> None:
        cheap = [one for one in ended if one.trial.target == STAGE_ONE and not one.failure]
        for asking in sorted({MEASURES[name].asking for name in measures}):
            found = measured_seeds(cheap, asking, self.workers)
            for outcome, seeds in zip(cheap, found, strict=True):
                self.stage_one[outcome.trial.name, asking] = seeds

    def _run(self, trials: Sequence[Trial]) -> list[Outcome]:
        for trial in trials:
            if known_outcome(trial) is not None and trial.name not in self.outcomes:
                self._made_before.add(trial.name)
        return run_trials(trials, self.workers, self._when_ended, self._shared)

    def spent(self) -> float:
        """Return what all trials took, as a share of the budget that is nearest its end."""
        return self._share(list(self.outcomes.values()))

    def _share(self, outcomes: Sequence[Outcome]) -> float:
        budget = self.search.budget
        shares = [0.0]
        if budget.cpu_seconds:
            shares.append(self._seconds(outcomes, "cpu_seconds") / budget.cpu_seconds)
        if budget.gpu_seconds:
            shares.append(self._seconds(outcomes, "gpu_seconds") / budget.gpu_seconds)
        return max(shares)

    def seconds(self, kind: str) -> float:
        """Return the seconds of a kind (a field of `Outcome`) that all trials took, with what
        measuring their stage 1 did.
        """
        return self._seconds(list(self.outcomes.values()), kind)

    def _seconds(self, outcomes: Sequence[Outcome], kind: str) -> float:
        names = {one.trial.name for one in outcomes}
        measured = []
        for (name, _), seeds in self.stage_one.items():
            measured += seeds if name in names else []
        return sum(float(getattr(one, kind)) for one in (*outcomes, *measured))

    def _trial(self, asked: Asked, target: str = "score") -> Trial:
        candidate = asked.candidate
        if asked.measure is not None and target != SHARED:
            target = STAGE_ONE
        overrides = [*start_of(self.search), *overrides_of(self.search, candidate.values)]
        label = f"search-{self.name}-{candidate.label}"
        if asked.control:
            overrides.append(CONTROL)
            label += "-control"
        label += f"-{asked.visits}v-s{asked.seeds[0]}-{asked.seeds[-1]}"
        if target == SHARED:
            label += "-shared"
        elif target == STAGE_ONE:
            label += "-stage1"
        return make_trial(label, overrides, asked.seeds, asked.visits, target)

    def _measured(self, asked: Asked, outcome: Outcome) -> Measured:
        if outcome.failure:
            return Measured(asked, failure=outcome.failure)
        if asked.measure is not None:
            return self._cheaply_measured(asked, asked.measure, outcome)
        params = outcome.trial.params
        settings = read_settings(ScoreSettings, params["score"], "params.yaml: score")
        baseline = baseline_of(settings)
        items = outcome.items()
        seen, unseen = items_of_half(items, "seen"), items_of_half(items, "unseen")
        values = []
        for objective in self.search.objectives:
            if is_cost(objective):
                values.append(_cost(outcome, objective))
            else:
                mean = float(score_of_pictures(seen, objective, settings, baseline).mean())
                values.append(mean * scale_of(objective))
        first = self.search.objectives[0]
        return Measured(
            asked,
            tuple(values),
            score_of_pictures(seen, first, settings, baseline),
            score_of_pictures(unseen, first, settings, baseline),
        )

    def _cheaply_measured(self, asked: Asked, measure: str, outcome: Outcome) -> Measured:
        """Return a mean over seeds in the first objective's place; all other ones are costs."""
        seeds = self.stage_one[outcome.trial.name, MEASURES[measure].asking]
        for seed in seeds:
            if seed.failure:
                return Measured(asked, failure=seed.failure)
        mean = sum(seed.values[measure] for seed in seeds) / len(seeds)
        values = [MEASURES[measure].better * mean]
        values += [_cost(outcome, objective) for objective in self.search.objectives[1:]]
        return Measured(asked, tuple(values))

    def _note_best(self, measured: Sequence[Measured]) -> None:
        finished = [one for one in measured if not one.failure and not one.asked.control]
        if finished:
            best = max(finished, key=lambda one: one.values[0])
            value = f"{self.search.objectives[0]} {best.values[0]:.2f}"
            if best.asked.measure is not None:
                value = f"{best.asked.measure} {best.values[0]:.3f}"
            self._best = f", {value} ({best.asked.candidate.label})"

    def _when_ended(self, outcome: Outcome) -> None:
        is_new = outcome.trial.name not in self.outcomes
        self.outcomes[outcome.trial.name] = outcome
        track(self.search.tracker, f"search-{self.name}", outcome)
        if is_new:
            print(self.progress(), file=sys.stderr, flush=True)

    def progress(self) -> str:
        """Return the line of progress: trials, the last batch's best, what was spent, time left."""
        failed = sum(bool(outcome.failure) for outcome in self.outcomes.values())
        budget = self.search.budget
        spent = []
        if budget.cpu_seconds:
            spent.append(f"{self.seconds('cpu_seconds'):.0f} of {budget.cpu_seconds:.0f} CPU s")
        if budget.gpu_seconds:
            spent.append(f"{self.seconds('gpu_seconds'):.0f} of {budget.gpu_seconds:.0f} GPU s")
        failures = f" ({failed} failed)" if failed else ""
        done = f"search {self.name}: {len(self.outcomes)} trials{failures}{self._best}"
        return f"{done}, {', '.join(spent)}{self._time_left()}"

    def _time_left(self) -> str:
        # what an earlier run of the search had spent says nothing of this one's pace
        new = [one for name, one in self.outcomes.items() if name not in self._made_before]
        new_share = self._share(new)
        if new_share <= 0:
            return ""
        left = max(0.0, 1 - self.spent())
        minutes = (time.monotonic() - self._began) / new_share * left / 60
        return f", at most {minutes:.0f} min left"


def _cost(outcome: Outcome, objective: str) -> float:
    if objective == "cpu_seconds":
        return recipe_cpu_seconds(outcome.trial)
    if objective == "gpu_seconds":
        return recipe_gpu_seconds(outcome.trial)
    if outcome.trial.target == STAGE_ONE:
        # where score.json has them from
        return float(parse_json(outcome.read(CARD), CARD)["counts"]["samples"])
    return float(outcome.score()["samples"])


def scale_of(objective: str) -> int:
    """Return what a share is multiplied with to be shown: ratios stay, shares are percent."""
    return 1 if is_ratio(objective) else 100


def study_folder(name: str) -> Path:
    """Return where the results of a search lie."""
    return Path("results/search", name)
