"""What is kept of a search: `best.json`, from which its page is made."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bettersynth.experiments.search.candidates import Asked, Measured
from bettersynth.experiments.search.evaluator import TrialEvaluator, scale_of
from bettersynth.experiments.search.objectives import is_ratio
from bettersynth.experiments.search.procedure import Finding
from bettersynth.experiments.search.race import Runner
from bettersynth.experiments.search.space import overrides_of, start_of
from bettersynth.experiments.search.verdict import Verdict
from bettersynth.settings.search import SearchSettings


def record(
    search: SearchSettings,
    name: str,
    finding: Finding,
    evaluator: TrialEvaluator,
    importances: dict[str, float],
) -> dict[str, Any]:
    """Return the content of best.json: scores in percent (`total` as a ratio), shares in 0 to 1.

    Where a step names a `measure`, its first score is that, turned so that more is better.
    """
    scale = scale_of(search.objectives[0])
    values = finding.winner.values
    failed = [step for step in finding.steps if step.measured.failure]
    return {
        "search": name,
        "experiment": search.experiment,
        "objectives": search.objectives,
        "winner": {
            "candidate": finding.winner.label,
            "values": dict(values),
            "overrides": [*start_of(search), *overrides_of(search, values)],
        },
        "verdict": _verdict(finding.verdict, scale) if finding.verdict else None,
        "says": sentence(finding, search.objectives[0]),
        "cut": finding.cut,
        "trials": len(evaluator.outcomes),
        "failed": len(failed),
        "cpu_seconds": round(evaluator.seconds("cpu_seconds"), 1),
        "gpu_seconds": round(evaluator.seconds("gpu_seconds"), 1),
        "budget": {
            "cpu_seconds": search.budget.cpu_seconds,
            "gpu_seconds": search.budget.gpu_seconds,
        },
        "race": [_round(runners, scale) for runners in finding.rounds],
        "front": [_measured(one) for one in finding.front],
        "importances": importances,
        "steps": [_measured(step.measured) | {"spent": step.spent} for step in finding.steps],
    }


def sentence(finding: Finding, objective: str) -> str:
    """Return in words what the search lets one say."""
    winner = finding.winner.label
    if finding.verdict is None:
        return f"{winner} was chosen, but a fresh training of it failed: nothing is confirmed."
    if finding.winner.number == 0:
        raced = [one.measured.asked.candidate.number for one in finding.rounds[0]]
        if finding.cut and not any(raced):
            return (
                "No candidate was trained as long as what the search started from, which is all "
                f"that was confirmed{_failures(finding)}."
            )
        return f"No candidate did better than what the search started from{_failures(finding)}."
    unit = "" if is_ratio(objective) else " points"
    scale = scale_of(objective)
    told = []
    for contest in finding.verdict.contests:
        difference = f"{scale * contest.difference:+.2f}{unit} to the {contest.opponent}"
        numbers = f"{scale * contest.low:+.2f} to {scale * contest.high:+.2f}"
        shown = "shown" if contest.is_told else "no difference shown"
        told.append(f"{difference} ({numbers}, p {contest.adjusted_p:.3f}: {shown})")
    compared = "; ".join(told) if told else "all that it is held against failed"
    optimism = finding.verdict.optimism
    if optimism is None:
        seen = "A fresh training of the baseline failed: no gain over it is confirmed."
    else:
        seen = (
            f"The search saw its gain over the baseline {scale * abs(optimism):.2f}{unit} too "
            f"{'high' if optimism >= 0 else 'low'}."
        )
    return f"{winner} on unseen items and fresh seeds, {objective}: {compared}. {seen}"


def _failures(finding: Finding) -> str:
    """Return what of the candidates failed, to go on a sentence; "" where nothing did."""
    tried = [step.measured for step in finding.steps if step.measured.asked.candidate.number]
    failed = [one for one in tried if one.failure]
    if not failed:
        return ""
    count = len({one.asked.candidate.number for one in failed})
    total = len({one.asked.candidate.number for one in tried})
    many = f"all {total}" if count == total else f"{count} of {total}"
    return f"; {many} candidates failed, the first: {failed[0].failure}"


def _verdict(verdict: Verdict, scale: int) -> dict[str, Any]:
    scores = {}
    for arm, interval in verdict.scores.items():
        bounds = (interval.mean, interval.low, interval.high)
        scores[arm] = [_shown(value, scale) for value in bounds]
    contests = []
    for contest in verdict.contests:
        contests.append(
            {
                "opponent": contest.opponent,
                "difference": _shown(contest.difference, scale),
                "low": _shown(contest.low, scale),
                "high": _shown(contest.high, scale),
                "p": contest.p,
                "adjusted_p": contest.adjusted_p,
                "told": contest.is_told,
            }
        )
    return {
        "scores": scores,
        "contests": contests,
        "seen_gain": _shown(verdict.seen_gain, scale),
        "unseen_gain": _shown_or_none(verdict.unseen_gain, scale),
        "optimism": _shown_or_none(verdict.optimism, scale),
    }


def _round(runners: Sequence[Runner], scale: int) -> list[dict[str, Any]]:
    return [_runner(runner, scale) for runner in runners]


def _runner(runner: Runner, scale: int) -> dict[str, Any]:
    return {
        "candidate": runner.measured.asked.candidate.label,
        "seeds": len(runner.measured.asked.seeds),
        "score": _shown(float(runner.measured.seen.mean()), scale),
        "difference": _shown(runner.difference, scale),
        "low": _shown(runner.low, scale),
        "high": _shown(runner.high, scale),
        "adjusted_p": runner.adjusted_p,
        "expected": _shown_or_none(runner.expected, scale),
        "falls_out": runner.falls_out,
    }


def _measured(measured: Measured) -> dict[str, Any]:
    asked: Asked = measured.asked
    return {
        "candidate": asked.candidate.label,
        "values": dict(asked.candidate.values),
        "visits": asked.visits,
        "seeds": list(asked.seeds),
        "control": asked.control,
        "measure": asked.measure,
        "scores": list(measured.values),
        "failure": measured.failure,
    }


def _shown(value: float, scale: int) -> float:
    return round(scale * value, 4 if scale == 1 else 2)


def _shown_or_none(value: float | None, scale: int) -> float | None:
    return None if value is None else _shown(value, scale)
