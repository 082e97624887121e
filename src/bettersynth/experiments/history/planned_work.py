"""Which stages a run has to do, and how many samples each will look at, before anything runs."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bettersynth.data.samples.pool_samples import pool_batch, read_pool
from bettersynth.data.tables.decisions import DECISIONS
from bettersynth.data.tables.samples import SAMPLES
from bettersynth.data.tables.stats import stats_path
from bettersynth.errors import UserError
from bettersynth.experiments.history.work_settings import WorkSettings, work_settings
from bettersynth.experiments.workflow.stage_inputs import (
    PARAMS,
    declared_outputs,
    filled,
    first_difference,
    item_values,
    value_at,
)
from bettersynth.measuring.measure import content_keys, open_column, reads_of
from bettersynth.operators import load_operator
from bettersynth.recipes.filter_section import SIMILARITY_OPERATOR
from bettersynth.recipes.recaptioning import planned_captions
from bettersynth.recipes.stats_section import operator_of, stats_settings
from bettersynth.settings.caption import CaptionSettings
from bettersynth.settings.reading import load_params, read_settings
from bettersynth.settings.regular_files import is_there

# stages whose samples a setting decides, and that setting: the first that has a number
VISITS = {"pretrain": ("pretrain.visits", "mix.visits"), "finetune": ("finetune.visits",)}
# settings that say who makes new captions and pictures, and stages that have work where one does
CAPTIONER = "caption.captioner"
MAPPER = "draw.mapper"
MAKERS = {"caption": (CAPTIONER,), "draw": (MAPPER,), "restats": (CAPTIONER, MAPPER)}


@dataclass(frozen=True)
class PlannedStage:
    """A stage of a run: whether it has work, on how many samples, and how many of them are scored
    already. `samples` is None where nothing says it before the run; `megabytes` are those of its
    outputs when it ran last; `settings` digests what decides its work.
    """

    name: str
    runs: bool
    samples: int | None
    known: int
    megabytes: float | None
    settings: WorkSettings | None = None

    @property
    def kind(self) -> str:
        """The stage without its seed: `predict@mmbench` for `predict@0-mmbench`."""
        return kind_of(self.name)


def kind_of(stage: str) -> str:
    """Return a stage's name without its seed: stages of one kind take alike."""
    step, _, item = stage.partition("@")
    parts = [part for part in item.split("-") if not part.isdecimal()]
    return f"{step}@{'-'.join(parts)}" if item and parts else step


def planned_stages(
    params: Mapping[str, Any],
    lock: Mapping[str, Any],
    stale: Collection[str],
    made: Mapping[str, Any] | None = None,
) -> list[PlannedStage]:
    """Return the stages of a run with these settings, in the order of `dvc.yaml`.

    A stage has work where `lock`, the workspace's `dvc.lock`, does not record it with these
    settings, it is among the `stale` ones, or it reads what such a stage writes. `made` records
    what lies here where `lock` is to count for nothing: of another pool no captions are counted.
    What other experiments left in DVC's cache is not looked up: DVC may find more there.
    """
    recorded = lock.get("stages") or {}
    pool = ((lock if made is None else made).get("stages") or {}).get("pool")
    other_pool = pool is not None and _other_settings(pool, params)
    # read once: each reading of the file costs as much as all that is done with it here
    declared = load_params("dvc.yaml")["stages"]
    changed: list[str] = []
    planned = []
    for name in stage_names(params, declared):
        known = recorded.get(name)
        entry = declared[name.partition("@")[0]]
        body, values = entry.get("do", entry), item_values(name, entry, params)
        reads = [filled(dep, values, params) for dep in body.get("deps", [])]
        runs = known is None or name in stale or _other_settings(known, params)
        if runs or any(_is_below(path, changed) for path in reads):
            runs = True
            changed += _outputs(body, values, params)
        samples, scored = _samples(name, params, changed, other_pool) if runs else (None, 0)
        settings = work_settings(name, params)
        planned.append(PlannedStage(name, runs, samples, scored, _megabytes(known), settings))
    return planned


def stage_names(params: Mapping[str, Any], declared: Mapping[str, Any]) -> list[str]:
    """Return the names that DVC gives the stages that `dvc.yaml` has declared, in order."""
    names = []
    for step, body in declared.items():
        if "foreach" in body or "matrix" in body:
            names += [f"{step}@{item}" for item in _items(body, params)]
        else:
            names.append(step)
    return names


def _items(body: Mapping[str, Any], params: Mapping[str, Any]) -> Iterator[str]:
    """Yield what stands behind the @ of each stage of an entry that makes several, or none."""
    if "foreach" in body:
        yield from map(str, _value(body["foreach"], params))
    elif "matrix" in body:
        axes = [_value(values, params) for values in body["matrix"].values()]
        for parts in itertools.product(*axes):
            yield "-".join(map(str, parts))


def _value(template: Any, params: Mapping[str, Any]) -> Any:
    """Return a list, or the section or list of params.yaml that `${NAME}` stands for."""
    if isinstance(template, str):
        return value_at(params, template.strip("${}")) or []
    return template


def _other_settings(known: Mapping[str, Any], params: Mapping[str, Any]) -> bool:
    settings = (known.get("params") or {}).get(str(PARAMS), {})
    return bool(first_difference(settings, params))


def _outputs(
    body: Mapping[str, Any], values: Mapping[str, str], params: Mapping[str, Any]
) -> list[str]:
    return [filled(path, values, params) for path in declared_outputs(body)]


def _is_below(path: str | Path, changed: Sequence[str]) -> bool:
    """Whether a path is one that changes, or lies in one, or holds one."""
    place = Path(path)
    for other in map(Path, changed):
        if place.is_relative_to(other) or other.is_relative_to(place):
            return True
    return False


def _samples(
    name: str, params: Mapping[str, Any], changed: Sequence[str], other_pool: bool
) -> tuple[int | None, int]:
    """Return the samples of a stage, None where nothing says it, and how many are scored already.

    What a pool or its stats decide is told only where they stay as they are.
    """
    step, _, item = name.partition("@")
    for setting in VISITS.get(step, ()):
        if value_at(params, setting):
            return int(value_at(params, setting)), 0
    makers = [value_at(params, setting) for setting in MAKERS.get(step, ())]
    if makers and all(maker in ("none", None) for maker in makers):
        return 0, 0
    if step == "stats" and _is_kept(SAMPLES, changed):
        return _scored(item, params)
    draws = value_at(params, MAPPER) not in ("none", None)
    # of another pool the slice may be any number
    if not other_pool and (step == "caption" or (step == "restats" and not draws)):
        return _captions(step, params, changed)
    return None, 0


def _is_kept(path: Path, changed: Sequence[str]) -> bool:
    return is_there(path) and not _is_below(path, changed)


def _captions(
    step: str, params: Mapping[str, Any], changed: Sequence[str]
) -> tuple[int | None, int]:
    """Return the captions that are made or measured, and how many of them are there already."""
    settings = _caption_settings(params)
    read = [SAMPLES, stats_path(SIMILARITY_OPERATOR)]
    read += [] if settings.of == "all" else [DECISIONS]
    if not all(map(is_there, read)):
        return None, 0
    try:
        described, wanted, known = planned_captions(settings)
    except UserError:
        # a captioner that an earlier stage makes is not there yet, or the stats are of another pool
        return None, 0
    # tables that are made anew ask for about as many, and of other pictures
    if not all(_is_kept(path, changed) for path in read):
        known = 0
    if step == "caption":
        return wanted, known
    a_sample = settings.caption_num if settings.keep_candidate_mode == "all" else 1
    return described * a_sample, 0


def _caption_settings(params: Mapping[str, Any]) -> CaptionSettings:
    return read_settings(CaptionSettings, params.get("caption"), "params.yaml: caption")


def _scored(stat: str, params: Mapping[str, Any]) -> tuple[int, int]:
    """Return how many samples a stat has to be measured of, and of how many it is known."""
    pool = read_pool()
    operator = load_operator(operator_of(params["stats"], stat))
    settings = stats_settings(dict(params), stat)
    column = open_column(operator, settings)
    if column is None:
        return pool.num_rows, 0
    keys, _ = content_keys(pool_batch(pool), reads_of(operator, settings))
    held = column.get([key for key in keys if key])
    column.close()
    return pool.num_rows, sum(key in held for key in keys)


def _megabytes(known: Mapping[str, Any] | None) -> float | None:
    if known is None:
        return None
    return sum(out.get("size", 0) for out in known.get("outs", [])) / 1e6
