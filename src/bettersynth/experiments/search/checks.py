"""All that a search needs is looked at before its first trial."""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path
from typing import Any

from bettersynth.data.files.reading import read_json, read_object
from bettersynth.data.files.scratch import scratch_folder
from bettersynth.data.files.writing import write_json
from bettersynth.errors import UserError
from bettersynth.evaluation.scoring.baseline_scores import baseline_of
from bettersynth.experiments.search.objectives import is_cost, require_objectives
from bettersynth.experiments.search.procedure import ARMS
from bettersynth.experiments.search.space import require_space, start_of
from bettersynth.experiments.search.tracking import require_tracker
from bettersynth.experiments.studies.measures import require_measures
from bettersynth.experiments.workflow.compose import composed
from bettersynth.experiments.workflow.experiment import require_experiment, study_file
from bettersynth.experiments.workflow.needed_files import require_files
from bettersynth.experiments.workflow.place import require_place_for_experiments
from bettersynth.settings.reading import load_params, read_settings
from bettersynth.settings.regular_files import is_there
from bettersynth.settings.score import ScoreSettings
from bettersynth.settings.search import SearchSettings, require_consistent

CONF = Path("conf/search")
SETTINGS = "settings.json"
# a copy of the tree, beside what dvc.lock lists of it
LEAST_FREE_BYTES = 200 * 10**6
TRAINING = ("pretrain", "finetune")
# settings that change nothing of what a study has found
MAY_DIFFER = ("budget", "tracker")
# CPU seconds that a stage of training takes at least: torch and transformers have to be loaded
LEAST_SECONDS = 2.0


def read_search(name: str, conf: Path = CONF) -> SearchSettings:
    """Return the settings of `conf/search/NAME.yaml`.

    Raises:
        UserError: there is no such file, or its parts do not go together.
    """
    path = study_file(conf, name)
    search = read_settings(SearchSettings, load_params(path), str(path))
    require_consistent(search, str(path))
    return search


def require_search(search: SearchSettings, name: str, folder: Path, workers: int) -> None:
    """Pass if the search can begin, or go on; its settings are kept in `folder`.

    Raises:
        UserError: what is wrong first.
    """
    where = str(CONF / f"{name}.yaml")
    if search.experiment:
        require_experiment(search.experiment)
    params = composed(start_of(search))
    score = read_settings(ScoreSettings, params.get("score"), "params.yaml: score")
    require_objectives(search.objectives, baseline_of(score) is not None, f"{where}.objectives")
    _require_measures(search, where)
    _require_budget(search, where)
    require_tracker(search.tracker, where)
    require_place_for_experiments()
    require_files(params, search.experiment)
    require_space(search, where)
    require_room(workers)
    _require_same_settings(search, where, folder)


def _require_measures(search: SearchSettings, where: str) -> None:
    """Refuse a measure that there is none of, and one in the place of several scores."""
    measures = [rung.measure for rung in search.ladder]
    require_measures(measures, f"{where}.ladder")
    scores = [name for name in search.objectives[1:] if not is_cost(name)]
    if scores and any(measures):
        raise UserError(
            f"{where}.ladder: a measure stands for the first objective alone, and {scores[0]} is "
            f"a score too, which stage 1 does not have; leave measure out, or {scores[0]}"
        )


def _require_budget(search: SearchSettings, where: str) -> None:
    """Refuse a budget that the cheapest training of this clone would not fit in, and one of GPU
    seconds alone where there is no GPU to take any.

    Where nothing was trained yet, the cheapest is one which only loads its libraries.
    """
    budget = search.budget.cpu_seconds
    if budget is None and not _has_gpu():
        raise UserError(
            f"{where}: budget has gpu_seconds alone, and no GPU is visible here, so that nothing "
            "would be counted; give cpu_seconds, or see why torch finds no GPU"
        )
    seed_seconds = sum(_cheapest(step) for step in TRAINING)
    seeds = search.ladder[-1].seeds + ARMS * search.fresh_seeds
    if budget is not None and budget < seeds * seed_seconds:
        raise UserError(
            f"{where}: budget.cpu_seconds is {budget:g}, but one recipe and confirming it train "
            f"{seeds} seeds, each of which takes {seed_seconds:.0f} CPU seconds or more here; give "
            f"{seeds * seed_seconds:.0f} or more"
        )


def _has_gpu() -> bool:
    # torch takes seconds to load, which a budget of CPU seconds need not wait for
    from torch import cuda

    return cuda.device_count() > 0


def _cheapest(step: str) -> float:
    """Return the fewest CPU seconds that a stage of a step took here; the least where none ran."""
    taken = []
    for path in scratch_folder("costs").glob(f"{step}@*/*.json"):
        seconds = read_json(path).get("cpu_seconds")
        if isinstance(seconds, int | float):
            taken.append(float(seconds))
    return min(taken, default=LEAST_SECONDS)


def require_room(workers: int) -> None:
    """Pass if the disk can hold a copy of the tree for each worker.

    Raises:
        UserError: it has less.
    """
    lock = Path("dvc.lock")
    stages = (load_params(lock).get("stages") or {}) if is_there(lock) else {}
    tree = 0
    for stage in stages.values():
        tree += sum(int(out.get("size", 0)) for out in stage.get("outs", []))
    needed = LEAST_FREE_BYTES + workers * tree
    free = shutil.disk_usage(".").free
    if free < needed:
        raise UserError(
            f"{Path.cwd()}: {free / 1e6:,.0f} MB are free, and {workers} trials at once may take "
            f"{needed / 1e6:,.0f} MB; make room (`dvc gc`, `dvc exp remove`), or use fewer cores"
        )


def _require_same_settings(search: SearchSettings, where: str, folder: Path) -> None:
    """Keep the settings beside the study; refuse others than those that it was begun with.

    More budget continues a search, so that it may differ; and where trials are logged.
    """
    settings: dict[str, Any] = dataclasses.asdict(search)
    may_differ = {name: settings.pop(name) for name in MAY_DIFFER}
    path = folder / SETTINGS
    if is_there(path):
        before = _settings_before(path, may_differ, where)
        differing = [
            name for name in settings if _as_json(before[name]) != _as_json(settings[name])
        ]
    else:
        differing = []
        folder.mkdir(parents=True, exist_ok=True)
        write_json(path, settings)
    if differing:
        raise UserError(
            f"{folder} is the study of other settings than {where}: {', '.join(differing)}; "
            f"copy {where} under another name, or remove {folder} (its trials stay in DVC)"
        )


def _settings_before(path: Path, may_differ: dict[str, Any], where: str) -> dict[str, Any]:
    """Return what a study was begun with; lines that its version did not have have defaults.

    Raises:
        UserError: the file is damaged.
    """
    try:
        kept = read_object(path) | may_differ
        return dataclasses.asdict(read_settings(SearchSettings, kept, str(path)))
    except UserError as error:
        raise UserError(
            f"{error}; remove {path} where the study was begun with {where} as it is now, else "
            f"all of {path.parent}"
        ) from None


def _as_json(value: Any) -> str:
    """Return a value as JSON: to Python 0, 0.0 and false are equal, to a search they are not."""
    return json.dumps(value, sort_keys=True)
