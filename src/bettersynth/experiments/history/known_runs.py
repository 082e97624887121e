"""All experiments of a repository that have scores: DVC's, past commits, folders under `results/`,
and what lies here now.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bettersynth.data.tables.items import ITEMS
from bettersynth.data.tables.score import SCORE
from bettersynth.errors import UserError, warn
from bettersynth.experiments.history.compared_runs import (
    WORKSPACE,
    Experiment,
    load_experiment,
    score_in,
)
from bettersynth.experiments.history.origins import changed_on, utc
from bettersynth.experiments.workflow.git import git_text
from bettersynth.experiments.workflow.revisions import experiment_references
from bettersynth.settings.regular_files import is_there

# letters of a commit's name
SHORT = 7


@dataclasses.dataclass(frozen=True)
class KnownRun:
    """An experiment with scores.

    `also` are other names of the same results; `date` is when it was recorded, as ISO has it in
    UTC; `commit` is where it was run, "" for a folder. Its answers may not be at hand.
    """

    experiment: Experiment
    score: dict[str, Any]
    date: str
    commit: str
    also: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What commands call it."""
        return self.experiment.name


def known_runs() -> list[KnownRun]:
    """Return every run with scores once: under its experiment's name, its folder's, `workspace`, or
    its newest commit's.
    """
    runs: dict[tuple[bytes | None, bytes], KnownRun] = {}
    for name, date, commit in _places():
        try:
            experiment = load_experiment(name)
            stored = experiment.read(SCORE)
            if stored is None:
                continue
            score = score_in(stored, f"{SCORE} of {name}")
            # equal scores of equal answers are one result, wherever they lie
            key = experiment.read(ITEMS), stored
        except UserError as error:
            warn(f"{name} is left out: {error}")
            continue
        if key in runs:
            same = runs[key]
            runs[key] = dataclasses.replace(same, also=(*same.also, name))
        else:
            runs[key] = KnownRun(experiment, score, date, commit)
    return list(runs.values())


def _places() -> Iterator[tuple[str, str, str]]:
    """Yield (name, date, commit) of all that may have scores, those with the best names first."""
    references = experiment_references()
    for name, reference in sorted(references.items()):
        date, commit = git_text("log", "-1", "--format=%cI%x09%h", reference).strip().split("\t")
        yield name, utc(date), commit
    for score in sorted(Path("results").glob("**/score.json")):
        folder = str(score.parent)
        if score != Path(SCORE):
            yield folder, changed_on(score), ""
    if is_there(SCORE):
        yield WORKSPACE, changed_on(Path(SCORE)), git_text("log", "-1", "--format=%h").strip()
    for line in git_text("log", "--format=%H%x09%cI", "--", str(SCORE)).splitlines():
        commit, date = line.split("\t")
        yield commit[:SHORT], utc(date), commit[:SHORT]
