"""What a run will take, told before it runs: each stage's work, times what such work took before.

Rates come from the records under `.cache/costs/`; where there is none of a stage, from the default
run of the machine that `reference_costs.json` names.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from bettersynth.data.files.reading import is_there, parse_json
from bettersynth.experiments.history.compared_runs import LOCK, reader_of
from bettersynth.experiments.history.costs import Record, all_records, record_key, stage_costs
from bettersynth.experiments.history.planned_work import PlannedStage, kind_of, planned_stages
from bettersynth.experiments.workflow.dvc_stages import load_stages
from bettersynth.experiments.workflow.experiment import composed_params
from bettersynth.experiments.workflow.whole_records import lock_in
from bettersynth.settings.reading import load_params

REFERENCE = "reference_costs.json"
SECONDS = ("cpu_seconds", "wall_seconds", "gpu_seconds")
# of a stage's records, the newest: code and machine change
NEWEST = 5
# what a stage takes whatever its work: imports and reading, as the smallest stages' records have it
START_SECONDS = 1.0


@dataclass(frozen=True)
class StageEstimate:
    """What a stage with work will take, by the field of a record; nothing where no record tells.

    `took` is its record where it has run.
    """

    stage: PlannedStage
    seconds: Mapping[str, float]
    is_reference: bool
    took: Record | None


@dataclass(frozen=True)
class Estimate:
    """What a run will take, stage by stage; `kept` are those that have no work."""

    stages: list[StageEstimate]
    kept: int


def estimate(name: str | None, anew: bool = False) -> Estimate:
    """Return what the experiment `name` will take; the workspace's run where it is None.

    `anew` counts every stage, as if nothing were there. Where the run has been made already, its
    own records are not what it is estimated by.

    Raises:
        UserError: no such experiment, or a folder that DVC cannot read.
    """
    params = composed_params(name)
    here = load_params(LOCK) if is_there(LOCK) else {}
    stale = {stage.name for stage in load_stages() if stage.stale}
    planned = planned_stages(params, {} if anew else here, stale)
    own_lock = _lock_of_run(name) if name else here
    took = stage_costs(own_lock)
    own = {record_key(record) for record in took.values() if record is not None}
    by_kind: dict[str, list[Record]] = {}
    for record in all_records():
        if record_key(record) not in own:
            by_kind.setdefault(kind_of(record["stage"]), []).append(record)
    reference = _reference()
    stages = []
    for stage in planned:
        if stage.runs:
            known = by_kind.get(stage.kind, [])
            records = known or reference.get(stage.kind, [])
            seconds = _seconds(stage, records)
            stages.append(StageEstimate(stage, seconds, not known, took.get(stage.name)))
    return Estimate(stages, len(planned) - len(stages))


def _lock_of_run(name: str) -> dict[str, Any]:
    """Return what `results/NAME/dvc.lock` says, nothing where the run has not been made."""
    folder = Path("results", name)
    content = reader_of(str(folder))(LOCK) if folder.is_dir() else None
    return {} if content is None else lock_in(content, f"{LOCK} of {name}")


def _reference() -> dict[str, list[Record]]:
    content = files(__package__).joinpath(REFERENCE).read_bytes()
    records: dict[str, list[Record]] = {}
    for record in parse_json(content, REFERENCE)["records"]:
        records.setdefault(kind_of(record["stage"]), []).append(record)
    return records


def _seconds(stage: PlannedStage, records: Sequence[Record]) -> dict[str, float]:
    """Return the median of what the newest records make of the stage's work, by field."""
    # another captioner takes longer or less long a caption
    records = [record for record in records if record.get("maker") == stage.maker] or records
    # a captioner that was off says nothing of one that is on
    if stage.samples != 0:
        records = [record for record in records if record.get("samples") != 0] or records
    newest = sorted(records, key=lambda record: record.get("finished", ""))[-NEWEST:]
    seconds = {}
    for field in SECONDS:
        told = [_scaled(stage, record, record[field]) for record in newest if field in record]
        if told:
            seconds[field] = statistics.median(told)
    return seconds


def _scaled(stage: PlannedStage, record: Record, seconds: float) -> float:
    """Return the seconds of a record for the number of samples that a stage has."""
    before = record.get("samples")
    if stage.samples is None or before is None:
        return seconds
    if not stage.samples:
        return min(seconds, START_SECONDS)
    if not before:
        # it had nothing to do then
        return seconds
    work = max(0.0, seconds - START_SECONDS)
    share = (stage.samples - stage.known) / before
    return min(seconds, START_SECONDS) + work * share


def described(told: Estimate) -> str:
    """Return the table that is printed, and what it says altogether."""
    steps: dict[str, list[StageEstimate]] = {}
    for stage in told.stages:
        steps.setdefault(stage.stage.kind, []).append(stage)
    if not steps:
        return "nothing to do: every stage is up to date (`--anew`: what the whole run takes)"
    has_run = any(stage.took for stage in told.stages)
    heading = (
        f"{'stages':36}{'runs':>5}{'samples':>10}{'scored':>9}{'CPU s':>9}{'wall s':>9}{'GPU s':>8}"
        f"{'MB':>8}"
    )
    lines = [heading + (f"{'took CPU s':>12}{'off by':>8}" if has_run else "")]
    lines += [_line(kind, stages, has_run) for kind, stages in steps.items()]
    lines.append(_line("all", told.stages, has_run))
    if told.kept:
        lines.append(f"up to date, so that they take nothing: {told.kept} stages")
    referred = [kind for kind, stages in steps.items() if any(one.is_reference for one in stages)]
    if referred:
        lines.append(
            f"by another machine's rates, since this clone has no record of them ({REFERENCE}): "
            f"{', '.join(referred)}"
        )
    return "\n".join(lines)


def _line(kind: str, stages: Sequence[StageEstimate], has_run: bool) -> str:
    """Return the sums of stages of one kind; a `-` stands for what nothing tells."""
    samples = [one.stage.samples for one in stages if one.stage.samples is not None]
    scored = sum(one.stage.known for one in stages)
    megabytes = [one.stage.megabytes for one in stages if one.stage.megabytes is not None]
    # samples of different steps are the same ones, so their sum means nothing
    shown = "-" if kind == "all" or not samples else f"{sum(samples):,}"
    cells = f"{kind:36}{len(stages):>5}{shown:>10}{scored or '-':>9}"
    for field, width in zip(SECONDS, (9, 9, 8), strict=True):
        cells += f"{_sum(one.seconds.get(field) for one in stages):>{width}}"
    cells += f"{_sum(megabytes):>8}"
    if has_run:
        pairs = [one for one in stages if one.took and "cpu_seconds" in one.seconds]
        took = sum(one.took["cpu_seconds"] for one in pairs if one.took)
        foreseen = sum(one.seconds["cpu_seconds"] for one in pairs)
        factor = f"x {took / foreseen:.2f}" if foreseen and took else "-"
        cells += f"{took:>12,.1f}{factor:>8}"
    return cells


def _sum(values: Iterable[float | None]) -> str:
    known = [value for value in values if value is not None]
    return f"{sum(known):,.1f}" if known else "-"
