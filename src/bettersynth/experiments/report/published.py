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
    "Published: ratios of Mini-Gemini 2B to the challenge's official baseline, one training each, where identical settings gave 0.8 to 1.5. "
    "One's own: ratios to the stored baseline. Where model and pool differ, compare directions, not numbers."
)


_TABLE = """<div class="scroll"><table class="sortable">
<thead><tr><th>data</th><th>samples</th><th>MMBench</th><th>TextVQA</th><th>total</th><th class="text">source</th></tr></thead>
<tbody>
{%- for row in rows %}
<tr{% if row.source == own %} class="own"{% endif %}><td class="words">{{ row.data }}</td><td data-value="{{ row.samples }}">{{ '{:,}'.format(row.samples) }}</td>
{%- for value in (row.mmbench, row.textvqa, row.total) %}<td>{{ '%.3f' % value }}</td>{% endfor %}<td class="text">{{ row.source }}</td></tr>
{%- endfor %}
</tbody></table></div>
<p class="note">{{ note }}</p>"""
OWN = "here"


@dataclasses.dataclass(frozen=True)
class RatioRow:
    """One row: what was trained on, how many samples, ratios to the baseline, and who published it (`OWN` for this project's)."""

    data: str
    samples: int
    mmbench: float
    textvqa: float
    source: str

    @property
    def total(self) -> float:
        """The challenge's score: the mean of the two ratios."""
        return (self.mmbench + self.textvqa) / 2


def published_results() -> list[RatioRow]:
    """Return the rows of `published_results.json`, the best total first."""
    content = json.loads(
        files("bettersynth.experiments.report")
        .joinpath("published_results.json")
        .read_text(encoding="utf-8")
    )
    return sorted((RatioRow(**row) for row in content["rows"]), key=lambda row: -row.total)


def ratio_table(own: Sequence[RatioRow]) -> Markup:
    """Return the published rows with one's own among them, as an HTML table."""
    rows = sorted([*published_results(), *own], key=lambda row: -row.total)
    template = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined).from_string(
        _TABLE
    )
    return Markup(template.render(rows=rows, own=OWN, note=PUBLISHED_NOTE))


def own_row(name: str, score: dict[str, float], baseline: Baseline) -> RatioRow:
    """Return the row of one's own `score` (a score.json) against the stored baseline."""
    ratios = (score["mmbench"] / baseline.mmbench, score["textvqa"] / baseline.textvqa)
    return RatioRow(name, int(score["samples"]), *ratios, OWN)
