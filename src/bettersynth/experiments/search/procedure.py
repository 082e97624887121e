"""The search itself: screen, climb the ladder, race, confirm. It trains nothing by itself.

It is a function of what the evaluator measures: the same answers make the same steps. So a search
that was killed is run again from its start, and the evaluator knows what is done.
"""

from __future__ import annotations

import dataclasses

from bettersynth.errors import UserError
from bettersynth.experiments.search.candidates import (
    Asked,
    Candidate,
    Evaluator,
    Fidelity,
    Measured,
    Proposer,
    with_numbers,
)
from bettersynth.experiments.search.objectives import is_ratio
from bettersynth.experiments.search.race import Runner, race_round
from bettersynth.experiments.search.ranking import best_first, front
from bettersynth.experiments.search.steps import Step, Steps
from bettersynth.experiments.search.together import expected_by_candidate
from bettersynth.experiments.search.verdict import Verdict, judge
from bettersynth.settings.search import RungSettings, SearchSettings

BASELINE = Candidate(0, {})
# winner, baseline, random control
ARMS = 3
# runners that get one seed more in a round where all evidence counts
PROMISING = 2
# sums of shares err by a hair
SLACK = 1e-9


@dataclasses.dataclass(frozen=True)
class Finding:
    """How a search ended.

    `front` holds what no other finalist beats in all objectives. `verdict` is None where a fresh
    seed of the winner failed. `cut` says what the budget left out, "" where it left out nothing.
    """

    winner: Candidate
    steps: list[Step]
    rounds: list[list[Runner]]
    front: list[Measured]
    verdict: Verdict | None
    cut: str


class Search:
    """One search under way: what was measured, and what there is left to spend."""

    def __init__(self, settings: SearchSettings, proposer: Proposer, evaluator: Evaluator):
        self.settings = settings
        self.proposer = proposer
        self.evaluator = evaluator
        self.steps = Steps()
        # what the budget left out, as it comes
        self._cut: list[str] = []
        # the budget's share that one seed takes, by fidelity
        self._seed_shares: dict[Fidelity, float] = {}

    def run(self) -> Finding:
        """Return the finding.

        Raises:
            UserError: the budget is smaller than one candidate and the confirmation, the baseline
                failed, or all that raced did.
        """
        baseline = self._measure_baseline()
        entrants = self._screen()
        for number in range(len(self.settings.ladder)):
            entrants = self._climb(number, entrants)
        # all of the last rung: the front may be wider than what it keeps
        last = self.steps.scored(self._last.visits, self._last.seeds)
        fronts = front([baseline, *last], self.settings.objectives)
        rounds = self._race([baseline.asked.candidate, *entrants])
        winner = rounds[-1][0].measured
        # a further seed of the baseline may have failed
        finished = [one.measured for runners in rounds for one in runners]
        base = [one for one in finished if one.asked.candidate == BASELINE][-1]
        verdict = self._confirm(winner, base)
        cut = ", ".join(self._cut)
        return Finding(winner.asked.candidate, self.steps, rounds, fronts, verdict, cut)

    @property
    def _last(self) -> RungSettings:
        return self.settings.ladder[-1]

    def _measure(self, asked: list[Asked]) -> list[Measured]:
        before = self.evaluator.spent()
        found = self.evaluator.measure(asked)
        measured = [with_numbers(one, self.settings.objectives) for one in found]
        spent = self.evaluator.spent()
        self.steps += [Step(one, spent) for one in measured]
        seeds = sum(len(one.asked.seeds) for one in measured)
        fidelity = asked[0].fidelity
        # seeds that were trained before cost nothing: the dearest batch tells what a new one costs
        share = (spent - before) / max(1, seeds)
        self._seed_shares[fidelity] = max(share, self._seed_shares.get(fidelity, 0.0))
        return measured

    def _measure_baseline(self) -> Measured:
        """Return what the baseline scores with the last rung's visits and seeds.

        It is measured on rungs of a cheap measure too, first: so their cost is known before the
        candidates are counted, and whether the measure can be had here at all.
        """
        last = Asked(BASELINE, self._last.visits, tuple(range(self._last.seeds)))
        self.evaluator.prepare(last)
        cheap = [rung for rung in self.settings.ladder if rung.measure is not None]
        for one in [*(_asked(BASELINE, rung) for rung in cheap), last]:
            baseline = self._measure([one])[0]
            if baseline.failure:
                raise UserError(
                    f"the recipe that the search starts from failed: {baseline.failure}"
                )
        first = self.settings.ladder[0]
        one_candidate = first.seeds * self._seed_share(_fidelity(first))
        needed = self.evaluator.spent() + self._reserve(1) + one_candidate
        if needed > 1:
            raise UserError(
                f"the budget is too small: what the search starts from, one candidate, the "
                f"rungs above and confirming the winner on {self.settings.fresh_seeds} fresh "
                f"seeds take {needed:.2f} times as much; raise budget, or lower fresh_seeds, or "
                "keep, seeds or visits of the ladder"
            )
        return baseline

    def _reserve(self, rung: int) -> float:
        """Return the share of the budget that the rungs from number `rung` on and confirming take.

        Who spent it on more candidates could not tell the best of them.
        """
        share = ARMS * self.settings.fresh_seeds * self._seed_share(_fidelity(self._last))
        ladder = self.settings.ladder
        for place in range(max(1, rung), len(ladder)):
            before, later = ladder[place - 1], ladder[place]
            trained = before.seeds if _fidelity(before) == _fidelity(later) else 0
            new_seeds = max(0, later.seeds - trained)
            share += before.keep * new_seeds * self._seed_share(_fidelity(later))
        return share

    def _seed_share(self, fidelity: Fidelity) -> float:
        if fidelity in self._seed_shares:
            return self._seed_shares[fidelity]
        # before anything was trained as long: as much as the last rung's
        return max(self._seed_shares.values(), default=0.0)

    def _affordable(self, rung: int, fidelity: Fidelity, seeds: int, wanted: int) -> int:
        """Return how many of `wanted` candidates the budget holds beside the rungs from `rung` on,
        each with new `seeds`.
        """
        left = 1 - self.evaluator.spent() - self._reserve(rung)
        each = seeds * self._seed_share(fidelity)
        return wanted if each <= 0 else min(wanted, max(0, int(left / each + SLACK)))

    def _screen(self) -> list[Candidate]:
        """Return the candidates of the first rung, after they were measured there."""
        rung = self.settings.ladder[0]
        entrants: list[Candidate] = []
        while len(entrants) < self.settings.candidates:
            wanted = min(self.settings.batch, self.settings.candidates - len(entrants))
            count = self._affordable(1, _fidelity(rung), rung.seeds, wanted)
            if not count:
                left_out = self.settings.candidates - len(entrants)
                self._cut.append(f"{left_out} of {self.settings.candidates} candidates")
            proposed = self.proposer.propose(count) if count else []
            if not proposed:
                break
            self.proposer.learn(self._measure([_asked(one, rung) for one in proposed]))
            entrants += proposed
        return entrants

    def _climb(self, number: int, entrants: list[Candidate]) -> list[Candidate]:
        """Return those of the entrants that rung `number` keeps, best first."""
        rung = self.settings.ladder[number]
        new = [one for one in entrants if self.steps.of(_asked(one, rung)) is None]
        known = self.steps.seeds_trained(new, _fidelity(rung))
        count = self._affordable(number + 1, _fidelity(rung), rung.seeds - known, len(new))
        if count < len(new):
            left_out = len(new) - count
            self._cut.append(f"{left_out} of {len(new)} candidates of rung {number + 1}")
        if new[:count]:
            self._measure([_asked(one, rung) for one in new[:count]])
        found = [self.steps.of(_asked(one, rung)) for one in entrants]
        measured = [one for one in found if one is not None]
        kept = best_first(measured, self.settings.objectives)
        if self.settings.evidence == "together":
            expected = self._expected()
            kept.sort(key=lambda one: -expected[one.asked.candidate.number])
        return [one.asked.candidate for one in kept[: rung.keep]]

    def _expected(self) -> dict[int, float]:
        measured = [step.measured for step in self.steps]
        return expected_by_candidate(measured, self._last.visits)

    def _race(self, runners: list[Candidate]) -> list[list[Runner]]:
        """Return the rounds; the last one's first is the winner.

        In each, all runners get one seed more; where they are ranked by all evidence together, two
        do, the most promising first.
        """
        visits = self._last.visits
        together = self.settings.evidence == "together"
        rounds = []
        while True:
            newest = [self.steps.newest(one) for one in runners]
            measured = [one for one in newest if not one.failure]
            if not measured:
                raise UserError(f"all that raced failed, the first so: {newest[0].failure}")
            expected = self._expected() if together else None
            rounds.append(race_round(measured, self.settings.seed, expected))
            left = [one.measured.asked for one in rounds[-1] if not one.falls_out]
            runners = [one.candidate for one in left]
            further = [one for one in left if len(one.seeds) < self.settings.race_seeds]
            if together:
                further = further[:PROMISING]
            if len(runners) == 1 or not further:
                return rounds
            after = len(self.settings.ladder)
            count = self._affordable(after, (visits, None), 1, len(further))
            if not count or (count < len(further) and not together):
                self._cut.append(f"the race over {len(further[0].seeds) + 1} seeds")
                return rounds
            asked = []
            for one in further[:count]:
                seeds = tuple(range(len(one.seeds) + 1))
                asked.append(Asked(one.candidate, visits, seeds))
            self._measure(asked)

    def _confirm(self, winner: Measured, baseline: Measured) -> Verdict | None:
        # a rung of a cheap measure may have trained more seeds than the race
        used = [rung.seeds for rung in self.settings.ladder]
        first = max(self.settings.race_seeds, *used)
        seeds = tuple(range(first, first + self.settings.fresh_seeds))
        candidate = winner.asked.candidate
        asked = [
            Asked(candidate, self._last.visits, seeds),
            Asked(candidate, self._last.visits, seeds, control=True),
        ]
        if candidate != BASELINE:
            asked.append(Asked(BASELINE, self._last.visits, seeds))
        measured = self._measure(asked)
        if measured[0].failure:
            return None
        # the race may have ended for the baseline with fewer seeds
        shared = min(len(winner.seen), len(baseline.seen))
        fresh_baseline = measured[2] if len(measured) == ARMS else None
        return judge(
            measured[0],
            measured[1],
            fresh_baseline,
            winner.seen[:shared],
            baseline.seen[:shared],
            is_ratio=is_ratio(self.settings.objectives[0]),
        )


def _asked(candidate: Candidate, rung: RungSettings) -> Asked:
    seeds = tuple(range(rung.seeds))
    return Asked(candidate, rung.visits, seeds, measure=rung.measure)


def _fidelity(rung: RungSettings) -> Fidelity:
    return rung.visits, rung.measure
