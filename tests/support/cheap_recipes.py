"""Recipes of known skill with cheap runs of theirs, in memory."""

from __future__ import annotations

from bettersynth.experiments.history.compared_runs import Run, with_scores
from bettersynth.experiments.studies.cheap_runs import CheapRun, Recipes
from bettersynth.experiments.studies.measures import MEASURES
from bettersynth.experiments.studies.stage_one import StageOne
from support.small_runs import known_run


def scored_run(name: str, skill: float) -> Run:
    """Return a run with scores whose answers are right in a share `skill`."""
    return with_scores(known_run(name, skill).experiment)


def stage_one(skill: float) -> StageOne:
    """Return measures that grow with the skill, but for the loss and a picture's caption."""
    values = {}
    for name in MEASURES:
        if not name.startswith("options"):
            values[name] = -skill if name in ("caption_loss", "caption_retrieval") else skill
    values["options"] = values["options_minus_prior"] = values["options_probability"] = skill
    return StageOne(values, {"captions": 6.0, "options": 3.0})


def recipes_of(skills: dict[str, float], visits: int = 3000) -> Recipes:
    """Return recipes by name, each with a cheap run whose training took 37 CPU seconds."""
    full = {name: scored_run(name, skill) for name, skill in skills.items()}
    cheap = [CheapRun(name, visits, stage_one(skill), 37.0) for name, skill in skills.items()]
    return Recipes(full, cheap)


SKILLS = {"worst": 0.05, "poor": 0.3, "fair": 0.5, "good": 0.7, "<best>": 0.95}
