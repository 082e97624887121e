"""Candidates by Optuna: a tree-structured Parzen estimator over all settings at once."""

from __future__ import annotations

import itertools
import math
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, IntDistribution
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import Trial, TrialState

from bettersynth.experiments.search.candidates import Candidate, Measured
from bettersynth.experiments.search.objectives import is_cost
from bettersynth.experiments.search.space import distributions, values_of
from bettersynth.settings.search import SearchSettings

# asks in vain before a combination that nobody proposed is looked up
MOST_REPEATS = 20
# of a space with more of them TPE does not repeat itself so often
MOST_COMBINATIONS = 10_000


class OptunaProposer:
    """Asks Optuna, and tells it what the first rung measured.

    The study is written to a journal file, anew whenever the search starts: what it holds follows
    from the trials. A sampler has a seed of its own a batch, so that a search which was killed asks
    for the same candidates again.
    """

    def __init__(self, search: SearchSettings, journal: Path, name: str):
        self.search = search
        self.space = distributions(search)
        self.candidates: list[Candidate] = []
        self._asked: dict[int, Trial] = {}
        self._batches = 0
        journal.parent.mkdir(parents=True, exist_ok=True)
        for old in journal.parent.glob(f"{journal.name}*"):
            old.unlink()
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        directions = ["minimize" if is_cost(one) else "maximize" for one in search.objectives]
        self.study = optuna.create_study(
            storage=JournalStorage(JournalFileBackend(str(journal))),
            study_name=name,
            directions=directions,
        )

    def propose(self, count: int) -> list[Candidate]:
        """Return up to `count` candidates that were not proposed before; fewer where a space of
        countable settings has no more.
        """
        self.study.sampler = self._sampler()
        new: list[Candidate] = []
        repeats = 0
        while len(new) < count:
            trial = self.study.ask(self.space)
            values = values_of(trial.params)
            if values in [candidate.values for candidate in self.candidates]:
                self.study.tell(trial, state=TrialState.FAIL)
                repeats += 1
                if repeats < MOST_REPEATS:
                    continue
                # in a small space TPE asks for its favourites again and again
                untried = self._untried()
                if not untried:
                    break
                self.study.enqueue_trial(self._rng("untried").choice(np.array(untried)))
                continue
            candidate = Candidate(len(self.candidates) + 1, values)
            self._asked[candidate.number] = trial
            self.candidates.append(candidate)
            new.append(candidate)
        self._batches += 1
        return new

    def _untried(self) -> list[dict[str, Any]]:
        """Return Optuna's parameters of what nobody proposed; nothing where they are countless."""
        tried = [candidate.values for candidate in self.candidates]
        return [params for params in combinations(self.space) if values_of(params) not in tried]

    def _rng(self, purpose: str) -> np.random.Generator:
        name = f"{purpose} {self._batches}".encode()
        return np.random.default_rng([self.search.seed, zlib.crc32(name)])

    def _sampler(self) -> optuna.samplers.BaseSampler:
        return optuna.samplers.TPESampler(
            seed=int(self._rng("candidates").integers(2**32)),
            multivariate=True,
            # of those asked for in one batch, the next one keeps its distance
            constant_liar=True,
            # half of the candidates, or ten, are drawn before it models anything
            n_startup_trials=min(10, self.search.candidates // 2),
        )

    def learn(self, measured: Sequence[Measured]) -> None:
        """Tell Optuna what came of its candidates; a failure is one there too."""
        for one in measured:
            trial = self._asked[one.asked.candidate.number]
            trial.set_user_attr("candidate", one.asked.candidate.label)
            if one.failure:
                trial.set_user_attr("failure", one.failure)
                self.study.tell(trial, state=TrialState.FAIL)
            else:
                self.study.tell(trial, list(one.values))

    def importances(self) -> dict[str, float]:
        """Return how much of the first objective's variation each setting explains, largest first;
        nothing where too few trials say.
        """
        finished = self.study.get_trials(states=[TrialState.COMPLETE])
        if len(finished) < 2 or len({trial.values[0] for trial in finished}) < 2:
            return {}
        importances = optuna.importance.get_param_importances(
            self.study,
            target=lambda trial: trial.values[0],
            evaluator=optuna.importance.FanovaImportanceEvaluator(seed=self.search.seed),
        )
        return {name: float(share) for name, share in importances.items()}


def combinations(space: Mapping[str, BaseDistribution]) -> list[dict[str, Any]]:
    """Return all parameters of a space; nothing where one has no last value, or they are many."""
    values: list[Sequence[Any]] = []
    for one in space.values():
        if isinstance(one, CategoricalDistribution):
            values.append(one.choices)
        elif isinstance(one, IntDistribution):
            values.append(range(one.low, one.high + 1, one.step))
        else:
            return []
    if math.prod(map(len, values)) > MOST_COMBINATIONS:
        return []
    return [dict(zip(space, chosen, strict=True)) for chosen in itertools.product(*values)]
