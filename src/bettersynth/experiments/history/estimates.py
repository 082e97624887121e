"""What a run will take, told before it runs: each stage's work, times what such work took before.

It is told by records under `.cache/costs/` of the same settings. Where there is none, by the
default run of the machine that `reference_costs.json` names, for stages with the default's
settings; and where that tells nothing either, it is said that nothing is known.
"""

from __future__ import annotations

import contextlib
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from bettersynth.data.files.reading import parse_json
from bettersynth.errors import UserError
from bettersynth.experiments.history.compared_runs import LOCK, reader_of
from bettersynth.experiments.history.costs import Record, all_records, record_key, stage_costs
from bettersynth.experiments.history.planned_work import PlannedStage, kind_of, planned_stages
from bettersynth.experiments.history.work_settings import work_settings
from bettersynth.experiments.workflow.compose import composed
from bettersynth.experiments.workflow.dvc_stages import load_stages
from bettersynth.experiments.workflow.experiment import composed_params
from bettersynth.experiments.workflow.whole_records import lock_in
from bettersynth.settings.reading import load_params
from bettersynth.settings.regular_files import is_there

REFERENCE = "reference_costs.json"
SECONDS = ("cpu_seconds", "wall_seconds", "gpu_seconds")
# of a stage's records, the newest: code and machine change
NEWEST = 5
# what a stage takes whatever its work: imports and reading, as the smallest stages' records have it
START_SECONDS = 1.0
# a record of less than this share of the work tells nothing of it: what it took was starting
SMALLEST_SHARE = 0.25
NOT_KNOWN = "not known"


@dataclass(frozen=True)
class StageEstimate:
    """What a stage with work will take, by the field of a record; nothing where no record tells.

    `took` is its record where it has run, and `foreseen` what others' records tell of it then.
    """

    stage: PlannedStage
    seconds: Mapping[str, float]
    is_reference: bool
    took: Record | None
    foreseen: Mapping[str, float]


@dataclass(frozen=True)
class Estimate:
    """What a run will take, stage by stage; `kept` are those that have no work."""

    stages: list[StageEstimate]
    kept: int


def estimate(name: str | None, anew: bool = False) -> Estimate:
    """Return what the experiment `name` will take; the workspace's run where it is None.

    `anew` counts every stage, as if nothing were there. Where the run has been made already, what
    was `foreseen` of it leaves its own records out.

    Raises:
        UserError: no such experiment, or a folder that DVC cannot read.
    """
    params = composed_params(name)
    here = load_params(LOCK) if is_there(LOCK) else {}
    stale = {stage.name for stage in load_stages() if stage.stale}
    planned = planned_stages(params, {} if anew else here, stale, here)
    own_lock = _lock_of_run(name) if name else here
    took = stage_costs(own_lock)
    own = {record_key(record) for record in took.values() if record is not None}
    by_kind: dict[str, list[Record]] = {}
    others: dict[str, list[Record]] = {}
    for record in all_records():
        by_kind.setdefault(kind_of(record["stage"]), []).append(record)
        if record_key(record) not in own:
            others.setdefault(kind_of(record["stage"]), []).append(record)
    reference = _reference()
    stages = []
    for stage in planned:
        if stage.runs:
            seconds, is_reference = _told(stage, by_kind, reference)
            foreseen, _ = _told(stage, others, reference)
            record = took.get(stage.name)
            stages.append(StageEstimate(stage, seconds, is_reference, record, foreseen))
    return Estimate(stages, len(planned) - len(stages))


def _lock_of_run(name: str) -> dict[str, Any]:
    """Return what `results/NAME/dvc.lock` says, nothing where the run has not been made."""
    folder = Path("results", name)
    content = reader_of(str(folder))(LOCK) if folder.is_dir() else None
    return {} if content is None else lock_in(content, f"{LOCK} of {name}")


def _reference() -> dict[str, list[Record]]:
    """Return the records of another machine's default run, by kind; none where conf/ is broken."""
    content = files(__package__).joinpath(REFERENCE).read_bytes()
    default: dict[str, Any] = {}
    # whose settings are told from the same conf/, or from a params.yaml that is whole
    with contextlib.suppress(UserError):
        default = composed()
    records: dict[str, list[Record]] = {}
    for record in parse_json(content, REFERENCE)["records"]:
        settings = work_settings(record["stage"], default)
        if default and settings is not None:
            told = {**record, "settings": settings._asdict()}
            records.setdefault(kind_of(record["stage"]), []).append(told)
    return records


def _told(
    stage: PlannedStage,
    by_kind: Mapping[str, Sequence[Record]],
    reference: Mapping[str, Sequence[Record]],
) -> tuple[dict[str, float], bool]:
    """Return the seconds of a stage by field, and whether another machine's records tell them."""
    seconds = _seconds(stage, by_kind.get(stage.kind, ()))
    if seconds:
        return seconds, False
    seconds = _seconds(stage, reference.get(stage.kind, ()))
    return seconds, bool(seconds)


def _seconds(stage: PlannedStage, records: Sequence[Record]) -> dict[str, float]:
    """Return the median of what the newest records of such work tell, by field."""
    same: list[tuple[Record, float]] = []
    other_counts: list[tuple[Record, float]] = []
    for record in records:
        share = _share(stage, record)
        if share is not None:
            of_same_count = _settings(record, "count") == _settings_of(stage, "count")
            (same if of_same_count else other_counts).append((record, share))
    newest = sorted(same or other_counts, key=lambda pair: pair[0].get("finished", ""))[-NEWEST:]
    seconds = {}
    for field in SECONDS:
        told = [_scaled(record[field], share) for record, share in newest if field in record]
        if told:
            seconds[field] = statistics.median(told)
    return seconds


def _settings(record: Record, part: str) -> str | None:
    settings = record.get("settings")
    return settings.get(part) if isinstance(settings, dict) else None


def _settings_of(stage: PlannedStage, part: str) -> str | None:
    return getattr(stage.settings, part, None)


def _share(stage: PlannedStage, record: Record) -> float | None:
    """Return the stage's work as a share of a record's, None where the record does not tell of it.

    Work is samples that no cache holds.
    """
    if stage.samples is not None and stage.samples <= stage.known:
        # whatever the settings are, it only starts
        return 0.0
    unit = _settings_of(stage, "unit")
    if unit is None or _settings(record, "unit") != unit:
        return None
    samples = record.get("samples")
    if stage.samples is not None:
        new = stage.samples - stage.known
    elif _settings(record, "count") != _settings_of(stage, "count"):
        return None
    else:
        new = samples
    made = record.get("made", samples)
    if new is None or made is None:
        return 1.0
    if not new:
        return 0.0
    return new / made if made >= SMALLEST_SHARE * new else None


def _scaled(seconds: float, share: float) -> float:
    """Return what a share of the work takes; starting takes as long for any."""
    start = min(seconds, START_SECONDS)
    return start + (seconds - start) * share


def described(told: Estimate) -> str:
    """Return the table that is printed, and what it says altogether."""
    steps: dict[str, list[StageEstimate]] = {}
    for stage in told.stages:
        steps.setdefault(stage.stage.kind, []).append(stage)
    if not steps:
        return "nothing to do: every stage is up to date (`--anew`: what the whole run takes)"
    has_run = any(stage.took for stage in told.stages)
    heading = (
        f"{'stages':36}{'runs':>5}{'samples':>10}{'scored':>9}{'CPU s':>10}{'wall s':>9}"
        f"{'GPU s':>8}{'MB':>8}"
    )
    lines = [heading + (f"{'took CPU s':>12}{'foreseen':>10}{'off by':>8}" if has_run else "")]
    lines += [_line(kind, stages, has_run) for kind, stages in steps.items()]
    unknown, referred = [], []
    for kind, stages in steps.items():
        if not all(one.seconds for one in stages):
            unknown.append(kind)
        if any(one.is_reference for one in stages):
            referred.append(kind)
    lines.append(_line("all that is known" if unknown else "all", told.stages, has_run))
    if unknown:
        lines.append(
            f"{NOT_KNOWN}, since no record is of these settings and of enough work: "
            f"{', '.join(unknown)}"
        )
    if told.kept:
        lines.append(f"up to date, so that they take nothing: {told.kept} stages")
    if referred:
        lines.append(
            f"by another machine's run, since this clone has no record of them ({REFERENCE}): "
            f"{', '.join(referred)}"
        )
    return "\n".join(lines)


def _line(kind: str, stages: Sequence[StageEstimate], has_run: bool) -> str:
    """Return the sums of stages of one kind; a `-` stands for what nothing tells."""
    samples = [one.stage.samples for one in stages if one.stage.samples is not None]
    scored = sum(one.stage.known for one in stages)
    megabytes = [one.stage.megabytes for one in stages if one.stage.megabytes is not None]
    # samples of different steps are the same ones, so their sum means nothing
    shown = "-" if kind.startswith("all") or not samples else f"{sum(samples):,}"
    cells = f"{kind:36}{len(stages):>5}{shown:>10}{scored or '-':>9}"
    known = any(one.seconds for one in stages)
    for field, width in zip(SECONDS, (10, 9, 8), strict=True):
        told = _sum(one.seconds.get(field) for one in stages)
        cells += f"{told if known or field != SECONDS[0] else NOT_KNOWN:>{width}}"
    cells += f"{_sum(megabytes):>8}"
    if has_run:
        pairs = [one for one in stages if one.took and "cpu_seconds" in one.foreseen]
        took = sum(one.took["cpu_seconds"] for one in stages if one.took)
        of_foreseen = sum(one.took["cpu_seconds"] for one in pairs if one.took)
        foreseen = sum(one.foreseen["cpu_seconds"] for one in pairs)
        factor = f"x {of_foreseen / foreseen:.2f}" if foreseen and of_foreseen else "-"
        shown = f"{foreseen:,.1f}" if pairs else NOT_KNOWN
        cells += f"{took:>12,.1f}{shown:>10}{factor:>8}"
    return cells


def _sum(values: Iterable[float | None]) -> str:
    known = [value for value in values if value is not None]
    return f"{sum(known):,.1f}" if known else "-"
