"""`bettersynth fidelity`: what it prints and the page that it writes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bettersynth.data.tables.benchmark import MMBENCH
from bettersynth.errors import UserError
from bettersynth.evaluation.statistics.rank_correlation import FEWEST
from bettersynth.experiments.history.compared_runs import spread_of_run
from bettersynth.experiments.report.fidelity_page import write_fidelity_page
from bettersynth.experiments.studies.cheap_runs import read_recipes
from bettersynth.experiments.studies.fidelity import fidelity, fidelity_table
from bettersynth.experiments.studies.measures import LABEL_WIDTH, MEASURES
from bettersynth.experiments.studies.stage_one import (
    StageOne,
    measure_folder,
)
from bettersynth.experiments.workflow.recorded_sizes import warn_of_other_sizes
from bettersynth.models.weights.stage_one_file import STAGE_ONE_FILE
from bettersynth.settings.reading import load_params


def compare_measures(names: Sequence[str], seed: int, page: Path, spread: str | None) -> None:
    """Measure what `names` mean; of five recipes and more print and draw how measures agree.

    Raises:
        UserError: a name is neither a folder of stage 1 nor an experiment, or `page` no .html.
    """
    if page.suffix != ".html":
        raise UserError(f"--page {page} must end in .html")
    folders = [name for name in names if Path(name, STAGE_ONE_FILE).is_file()]
    if folders and len(folders) < len(names):
        raise UserError(
            f"{folders[0]} is a folder of stage 1, which has no scores; name folders alone, or "
            "experiments alone"
        )
    warn_of_other_sizes([MMBENCH])
    if folders:
        params = load_params()
        for folder in folders:
            print(measures_words(folder, measure_folder(Path(folder), params)))
        return
    # read before models are measured: a misspelt name must not cost minutes
    spread_items = spread_of_run(spread)
    recipes = read_recipes(names, seed)
    for run in recipes.cheap:
        visits = f"{run.visits:,}" if run.visits else "all"
        print(measures_words(f"{run.recipe}, {visits} visits", run.stage_one))
    if len(recipes.full) < FEWEST:
        print(f"{len(recipes.full)} scored recipes; how measures rank them takes {FEWEST}")
        return
    result = fidelity(recipes, spread_items)
    print(fidelity_table(result))
    write_fidelity_page(result, recipes, page)
    print(f"page: {page}")


def measures_words(name: str, stage_one: StageOne) -> str:
    """Return what is printed of one model: a line a measure."""
    lines = [f"{name}: measured in {stage_one.cpu_seconds():.1f} CPU seconds"]
    for measure, value in stage_one.values.items():
        lines.append(f"  {MEASURES[measure].label:{LABEL_WIDTH}}{value:8.3f}")
    return "\n".join(lines)
