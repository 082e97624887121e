"""Arms of a study that ended, in memory."""

from __future__ import annotations

from bettersynth.experiments.studies.arms import Arm, ArmResult
from support.cheap_recipes import scored_run


def ended_arm(name: str, skill: float | None) -> ArmResult:
    """Return the result of an arm whose answers are right in a share `skill`; None: it failed."""
    return ended(Arm(name, f"the arm <{name}>", []), skill)


def ended(arm: Arm, skill: float | None) -> ArmResult:
    """Return how an arm ended, as `ended_arm`."""
    if skill is None:
        return ArmResult(arm, None, "no sample is left", 1.0)
    return ArmResult(arm, scored_run(arm.name, skill), "", 40.0)
