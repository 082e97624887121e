"""What a search may look for: numbers of a finished trial, on the half of the items that it sees.

Scores are to be large, costs small. A score is a mean over `[seeds, pictures]`, so that two recipes
can be tested against each other; a cost is one number.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from bettersynth.data.tables.items import CHOICE_PROTOCOLS, TEXT_PROTOCOL
from bettersynth.errors import UserError, did_you_mean
from bettersynth.evaluation.scoring.baseline_scores import Baseline
from bettersynth.evaluation.scoring.item_scores import picture_scores
from bettersynth.settings.score import ScoreSettings

COSTS = ("samples", "cpu_seconds", "gpu_seconds")
SCORES = ("mmbench", "textvqa", "total", *(f"mmbench_{name}" for name in CHOICE_PROTOCOLS))


def is_cost(objective: str) -> bool:
    """Whether less of it is better."""
    return objective in COSTS


def is_ratio(objective: str) -> bool:
    """Whether it is a ratio to the baseline, which may pass 1; all other scores are shares."""
    return objective == "total"


def require_objectives(objectives: Sequence[str], has_baseline: bool, where: str) -> None:
    """Pass if each is known, and the first is a score.

    Raises:
        UserError: no score has one, the first is a cost, or `total` lacks a baseline.
    """
    known = [*SCORES, *COSTS]
    for name in objectives:
        if name not in known:
            hint = did_you_mean(name, known)
            raise UserError(f"{where}: no score has {name}{hint}; there are: {', '.join(known)}")
    if is_cost(objectives[0]):
        raise UserError(
            f"{where}: the first is {objectives[0]}, but by the first the winner is tested; "
            f"put a score there: {', '.join(SCORES)}"
        )
    if "total" in objectives and not has_baseline:
        raise UserError(f"{where}: total is a ratio, and score.baseline names no baseline")


def score_of_pictures(
    items: pa.Table, objective: str, settings: ScoreSettings, baseline: Baseline | None
) -> np.ndarray:
    """Return `[seeds, pictures]`, whose mean is the objective: a share, or for `total` a ratio."""
    if objective == "textvqa":
        return picture_scores(items, "textvqa", TEXT_PROTOCOL)
    if objective == "total":
        assert baseline is not None
        return _total(items, settings, baseline)
    protocol = objective.removeprefix("mmbench").removeprefix("_") or settings.mmbench_protocol
    return picture_scores(items, "mmbench", protocol)


def _total(items: pa.Table, settings: ScoreSettings, baseline: Baseline) -> np.ndarray:
    """Return the pictures of both benchmarks side by side, each weighing what it adds to total."""
    choice = picture_scores(items, "mmbench", settings.mmbench_protocol)
    text = picture_scores(items, "textvqa", TEXT_PROTOCOL)
    pictures = choice.shape[1] + text.shape[1]
    # half a ratio each; a score is a share here and percent in the baseline
    weighed = [
        choice * 50 / baseline.mmbench * pictures / choice.shape[1],
        text * 50 / baseline.textvqa * pictures / text.shape[1],
    ]
    return np.concatenate(weighed, axis=1)
