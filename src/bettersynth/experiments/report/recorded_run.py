"""The report with what no stage may write, as it differs from run to run: when it was made, from
which code, at what cost. It needs no score.
"""

from __future__ import annotations

from pathlib import Path

from bettersynth.data.files.writing import complete_or_absent
from bettersynth.data.tables.mix import MIX_CARD
from bettersynth.data.tables.score import SCORE
from bettersynth.errors import UserError
from bettersynth.experiments.history.compared_runs import WORKSPACE, load_experiment
from bettersynth.experiments.history.costs import Cost, add_up
from bettersynth.experiments.history.origins import changed_on, dated_words
from bettersynth.experiments.history.workspace_state import stale_lines
from bettersynth.experiments.report.page import recorded_page
from bettersynth.experiments.workflow.stale_reasons import stale_stages
from bettersynth.settings.reading import load_params
from bettersynth.settings.regular_files import is_there


def write_recorded_report(page: Path) -> bool:
    """Write the report of the workspace; return whether it has scores.

    It has none where the stage score has to run, since they would be of other data.

    Raises:
        UserError: `page` does not end in .html, or the run has not come as far as its mix.
    """
    if page.suffix != ".html":
        raise UserError(f"--page {page} must end in .html")
    stages, stale = stale_stages()
    scored = "score" not in {stage.name for stage in stale}
    # what the page shows last tells when the run ended
    last = SCORE if scored else MIX_CARD
    made = changed_on(last) if is_there(MIX_CARD) else ""
    costs = add_up(list(load_experiment(WORKSPACE).costs.values()))
    recorded = [f"Recorded {dated_words(made, WORKSPACE)}.", cost_sentence(costs)]
    if stale:
        recorded.append(f"Of {' '.join(line.strip() for line in stale_lines(stages, stale))}.")
    text = recorded_page(load_params(), scored, recorded)
    with complete_or_absent(page) as temporary:
        temporary.write_text(text, encoding="utf-8")
    return scored


def cost_sentence(cost: Cost) -> str:
    """Return how long a run took, for people."""
    if not cost.known:
        return "What it took was not measured in this clone."
    words = (
        f"It took {(cost.cpu_seconds or 0) / 60:,.1f} CPU minutes; its stages one after another, "
        f"{(cost.wall_seconds or 0) / 60:,.1f} minutes."
    )
    if cost.known < cost.stages:
        words += f" Measured in this clone: {cost.known} of {cost.stages} stages."
    return words
