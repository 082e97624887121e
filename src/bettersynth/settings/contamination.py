"""The section `contamination` of `params.yaml`: training data that the benchmarks hold too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Action = Literal["off", "report", "drop", "refuse"]


@dataclass(frozen=True, kw_only=True)
class ContaminationSettings:
    """What is done with samples that hold a benchmark's `pictures` (the same file, resized,
    recompressed, cropped), a question that it asks of one picture alone (`questions`), or the text
    of one of its `answers`.

    `off` does not look, `report` counts, `drop` keeps them out of both training sets, `refuse` ends
    the run.
    """

    pictures: Action
    questions: Action
    answers: Action

    def action_of(self, kind: str) -> Action:
        """Return what is done with one kind of finding (`data/tables/contamination.py`)."""
        if kind.endswith("picture"):
            return self.pictures
        return self.questions if kind == "question" else self.answers
