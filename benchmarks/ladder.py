"""Do small decoders rank recipes as larger ones do? Eight recipes on decoders of .3, 1.4 and 6
million parameters: pairs in the same order, signal to noise of each metric, cost.

    bettersynth compose +nano_decoder=small && python -m bettersynth.steps.nano_decoder
    bettersynth compose +nano_decoder=large && python -m bettersynth.steps.nano_decoder
    bettersynth compose
    PYTHONPATH=src python benchmarks/ladder.py run --workers 2
    PYTHONPATH=src python benchmarks/ladder.py print

In a clone whose default run is finished. Trials that ended are not run again, so that a run that
was killed goes on when it is typed again; `--rungs` runs some rungs alone. What is printed lies in
`results/ladder/`.

Budgets: the rungs `small`, `middle` and `large` see the same rows in stage 1 and stage 2, so that
their cost grows with their size alone and a recipe means the same set, seen as often. `short` is
the small decoder with fewer rows: as many a parameter as `middle` has in both stages. The same for
`large` would take 4.6 times its rows, and 20 times the cost of `middle`. In text the large decoder
saw half of the rows, after which it reads as well as the middle one.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
from ladder_table import HEADLINE, METRICS, Rungs, ladder_table

from bettersynth.data.files.reading import read_object, read_table
from bettersynth.data.files.writing import write_json, write_table
from bettersynth.errors import UserError
from bettersynth.evaluation.scoring.item_scores import picture_scores
from bettersynth.experiments.history.compared_runs import load_experiment
from bettersynth.experiments.search.outcomes import Outcome
from bettersynth.experiments.search.trial_settings import Trial, make_trial
from bettersynth.experiments.search.trials import run_trials
from bettersynth.experiments.studies.cheap_runs import training_seconds
from bettersynth.experiments.workflow.place import require_place_for_experiments
from bettersynth.experiments.workflow.run_step import run_step

# chosen before any of them was trained on another decoder than nano's: four controls, three rates
# of right captions, and a published rule that is none of similarity
RECIPES = (
    "unfiltered",
    "random_same_size",
    "similarity",
    "clean",
    "dose/right_25",
    "dose/right_50",
    "dose/right_100",
    "published/nano/words_num",
)
SEEDS = (0, 1)
# the stage up to which all rungs of a recipe have everything in common
SHARED = "mix"
FOLDER = Path("results/ladder")


@dataclasses.dataclass(frozen=True)
class Rung:
    """A decoder's folder, and what a training on it changes in a recipe's settings."""

    decoder: Path
    changes: tuple[str, ...] = ()


# from the cheapest to the most expensive
RUNGS = {
    "short": Rung(Path("models/nano-decoder-small"), ("mix.visits=2200", "finetune.visits=490")),
    "small": Rung(Path("models/nano-decoder-small")),
    "middle": Rung(Path("models/nano-decoder")),
    "large": Rung(Path("models/nano-decoder-large")),
}


def trial_of(rung: str, recipe: str, seeds: Sequence[int], target: str = "score") -> Trial:
    """Return the trial of a recipe on one rung.

    Raises:
        UserError: the rung's decoder was not made.
    """
    decoder = RUNGS[rung].decoder
    if not (decoder / "manifest.json").is_file():
        kind = decoder.name.removeprefix("nano-decoder-")
        raise UserError(
            f"{decoder} does not exist; make it: `bettersynth compose +nano_decoder={kind}`, "
            "`python -m bettersynth.steps.nano_decoder`, `bettersynth compose`"
        )
    changes = [f"experiment={recipe}", *RUNGS[rung].changes]
    if rung != "middle":
        # whole: no copy of the tree has what lies under models/
        changes.append(f"model.language_model={decoder.resolve()}")
    label = f"ladder-{rung}-{recipe.replace('/', '-')}"
    if target != "score":
        label += f"-{target}"
    return make_trial(label, changes, seeds, target=target)


def run_ladder(
    rungs: Sequence[str], recipes: Sequence[str], seeds: Sequence[int], workers: int
) -> None:
    """Run what is not done of all trials, and store what `print` reads.

    Raises:
        UserError: a decoder is missing, a trial was killed, or none of a rung finished.
    """
    require_place_for_experiments()
    trials = {}
    for rung in rungs:
        for recipe in recipes:
            trials[rung, recipe] = trial_of(rung, recipe, seeds)
    shared = trial_of(rungs[0], recipes[0], seeds, SHARED)
    if failure := run_trials([shared], 1)[0].failure:
        raise UserError(f"what all recipes share was not made: {failure}")
    outcomes = run_trials(list(trials.values()), workers, _say, shared)
    rows: list[pa.Table] = []
    seconds: dict[str, dict[str, float | None]] = {rung: {} for rung in rungs}
    for (rung, recipe), outcome in zip(trials, outcomes, strict=True):
        if outcome.failure:
            print(f"left out: {recipe} on {rung}: {outcome.failure}", file=sys.stderr)
            continue
        rows.append(score_rows(rung, recipe, outcome))
        trained = training_seconds(load_experiment(outcome.trial.name))
        seconds[rung][recipe] = trained and trained / len(seeds)
    if not rows:
        raise UserError("no trial of the ladder finished; their reasons stand above")
    write_table(FOLDER / "scores.parquet", pa.concat_tables(rows))
    write_json(FOLDER / "costs.json", {"parameters": _parameters(rungs), "seconds": seconds})


def _say(outcome: Outcome) -> None:
    ended = outcome.failure or f"{outcome.score()['mmbench']:.2f}"
    print(f"{outcome.trial.name}: {ended}, {outcome.cpu_seconds:.0f} CPU s", file=sys.stderr)


def score_rows(rung: str, recipe: str, outcome: Outcome) -> pa.Table:
    """Return one row a metric, seed and picture of a finished trial."""
    matrices = metric_matrices(outcome.items())
    rows = []
    for metric, matrix in matrices.items():
        for seed, scores in zip(outcome.trial.seeds, matrix, strict=True):
            for picture, score in enumerate(scores.tolist()):
                rows.append((rung, recipe, metric, seed, picture, score))
    names = ("rung", "recipe", "metric", "seed", "picture", "score")
    columns = dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))
    return pa.table(columns)


def metric_matrices(items: pa.Table) -> dict[str, np.ndarray]:
    """Return `[seeds, pictures]` of each metric, in shares of 1."""
    matrices = {}
    for metric, (benchmark, protocol) in METRICS.items():
        matrices[metric] = picture_scores(items, benchmark, protocol)
    return matrices


def _parameters(rungs: Sequence[str]) -> dict[str, int]:
    counts = {}
    for rung in rungs:
        manifest = read_object(RUNGS[rung].decoder / "manifest.json")
        counts[rung] = int(manifest["parameters"])
    return counts


def read_ladder(folder: Path = FOLDER) -> Rungs:
    """Return what `run` stored.

    Raises:
        UserError: nothing, or a damaged file.
    """
    try:
        frame = read_table(folder / "scores.parquet").to_pandas()
    except FileNotFoundError:
        raise UserError(
            f"{folder}/scores.parquet does not exist; run `python benchmarks/ladder.py run` first"
        ) from None
    costs = read_object(folder / "costs.json")
    # a recipe that failed on one rung is left out of all
    wanted = set(frame["rung"])
    by_recipe = frame.groupby("recipe")["rung"].agg(set)
    recipes = [name for name in frame["recipe"].unique() if by_recipe[name] == wanted]
    scores: dict[str, dict[str, np.ndarray]] = {}
    for (rung, metric), part in frame.groupby(["rung", "metric"], sort=False):
        matrices = []
        for recipe in recipes:
            of_recipe = part[part["recipe"] == recipe]
            table = of_recipe.pivot(index="seed", columns="picture", values="score")
            matrices.append(table.to_numpy())
        # [recipes, seeds, pictures]
        scores.setdefault(rung, {})[metric] = np.stack(matrices)
    return Rungs(recipes, scores, costs["parameters"], costs["seconds"])


def main() -> None:
    """Run the ladder, or print what it showed."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0] if __doc__ else None)
    parser.add_argument("what", choices=["run", "print"])
    parser.add_argument("--rungs", nargs="+", choices=list(RUNGS), default=list(RUNGS))
    parser.add_argument("--recipes", nargs="+", default=list(RECIPES), help="experiments")
    parser.add_argument("--seeds", nargs="+", type=int, default=list(SEEDS))
    parser.add_argument("--workers", type=int, default=1, help="trials at once; default 1")
    arguments = parser.parse_args()
    if arguments.what == "run":
        rungs = [rung for rung in RUNGS if rung in arguments.rungs]
        run_ladder(rungs, arguments.recipes, arguments.seeds, arguments.workers)
    print(ladder_table(read_ladder(), HEADLINE))


if __name__ == "__main__":
    run_step(main)
