"""What teams of the Better Synth challenge published, to stand beside one's own ratios."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from importlib.resources import files

import jinja2
from markupsafe import Markup

from bettersynth.evaluation.scoring.baseline_scores import Baseline

PUBLISHED_NOTE = (
    "Published: ratios of Mini-Gemini 2B to the challenge's official baseline, one training each, "
    "where identical settings gave 0.8 to 1.5. "
    "One's own: ratios to the stored baseline. "
    "Where model and pool differ, compare directions, not numbers."
)
OWN = "here"


@dataclasses.dataclass(frozen=True)
class RatioRow:
    """One row: what was trained on, how many samples, and ratios to the baseline.

    `source` says who published it, `OWN` for this project's; `experiment` is the file of
    conf/experiment/published that says the same.
    """

    data: str
    samples: int
    mmbench: float
    textvqa: float
    source: str
    experiment: str = ""

    @property
    def total(self) -> float:
        """The challenge's score: the mean of the two ratios."""
        return (self.mmbench + self.textvqa) / 2


def published_results() -> list[RatioRow]:
    """Return the rows of `published_results.json`, the best total first."""
    content = json.loads(_text("published_results.json"))
    rows = [RatioRow(**row) for row in content["rows"]]
    return sorted(rows, key=lambda row: -row.total)


def ratio_table(own: Sequence[RatioRow]) -> Markup:
    """Return one's own rows and, apart from them, the published ones, as HTML tables: another
    model's ratios are no scale for one's own.
    """
    here = sorted(own, key=lambda row: -row.total)
    # not `filled`: a table inside other pages, without their style
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    table = environment.from_string(_text("ratios.html"))
    return Markup(table.render(here=here, rows=published_results(), own=OWN, note=PUBLISHED_NOTE))


def own_row(name: str, score: dict[str, float], baseline: Baseline) -> RatioRow:
    """Return the row of one's own `score` (a score.json) against the stored baseline."""
    mmbench = score["mmbench"] / baseline.mmbench
    textvqa = score["textvqa"] / baseline.textvqa
    return RatioRow(name, int(score["samples"]), mmbench, textvqa, OWN)


def _text(name: str) -> str:
    folder = files("bettersynth.experiments.report")
    return folder.joinpath(name).read_text(encoding="utf-8")
