"""What each stage cost: one record a finished step, found again by the very bytes that the step
made.

Records lie under `.cache/costs/`. A record is no output of the pipeline: its numbers differ from
run to run, so DVC neither hashes nor restores it. The key is what `dvc.lock` says of the stage's
outputs, so an experiment, a commit or a restored result shows what making it took in this clone.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import platform
import resource
import sys
import time
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bettersynth.data.files.reading import read_json
from bettersynth.data.files.scratch import scratch_folder
from bettersynth.data.files.writing import write_json
from bettersynth.errors import UserError
from bettersynth.experiments.history.dvc_hashes import dvc_md5
from bettersynth.experiments.history.process_times import cpu_seconds
from bettersynth.experiments.history.work_settings import work_settings
from bettersynth.experiments.workflow.stage_inputs import (
    PARAMS,
    STEPS,
    declared_outputs,
    filled,
    item_values,
    stage_item,
)
from bettersynth.settings.reading import load_params
from bettersynth.settings.seeds import stage_arguments

Record = Mapping[str, Any]
"""What is kept of one finished stage: its name and outputs, when, where, and the numbers."""
SUMS = ("wall_seconds", "cpu_seconds", "gpu_seconds", "samples", "tokens")
PEAKS = ("peak_memory_mb", "gpu_peak_memory_mb")


@dataclasses.dataclass(frozen=True)
class Cost:
    """What one stage took, or several: seconds, counts, megabytes. None where nothing is known.

    Of several these are sums, but for peaks the highest. `known` of `stages` have a record. CPU
    seconds include child processes; GPU seconds are wall seconds x GPUs in use.
    """

    wall_seconds: float | None = None
    cpu_seconds: float | None = None
    gpu_seconds: float | None = None
    samples: int | None = None
    tokens: int | None = None
    peak_memory_mb: float | None = None
    gpu_peak_memory_mb: float | None = None
    known: int = 0
    stages: int = 0


def record_cost(counts: Mapping[str, float | str] | None) -> None:
    """Write the record of the step that runs in this process.

    Nothing is written for what `dvc.yaml` in the current folder does not know as a stage. `counts`
    is what the step's main returned: `samples`, those of them that were `made` now and not looked
    up, `tokens` and the like. Beside them stand digests of the settings that decide the work.

    Raises:
        OSError: the record cannot be written; nothing depends on it.
    """
    step = _step_of_this_process()
    if step is None or not Path("dvc.yaml").is_file():
        return
    item = stage_item()
    stage = stage_outputs(step, sys.argv[1:] or ([item] if item else []))
    if stage is None:
        return
    name, paths = stage
    # what left no outputs did not finish this stage
    if not all(Path(path).exists() for path in paths):
        return
    outputs = {path: dvc_md5(Path(path)) for path in paths}
    record = {
        "stage": name,
        "outputs": outputs,
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine(),
        **measured(),
        **(counts or {}),
    }
    settings = work_settings(name, load_params()) if PARAMS.is_file() else None
    if settings is not None:
        record["settings"] = settings._asdict()
    write_json(record_path(name, outputs), record)


def _step_of_this_process() -> str | None:
    """Return the step that `python -m` runs here; None in other programs and in all ranks but 0."""
    spec = getattr(sys.modules["__main__"], "__spec__", None)
    if spec is None or not spec.name.startswith(STEPS):
        return None
    if os.environ.get("RANK", "0") != "0":
        return None
    return spec.name.removeprefix(STEPS)


def measured() -> dict[str, float]:
    """Return what this process and its children took since it started."""
    import psutil

    own = resource.getrusage(resource.RUSAGE_SELF)
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    # since the process began: imports count, as they do for who waits
    wall = time.time() - psutil.Process().create_time()
    # ru_maxrss: kB on Linux, bytes on macOS
    unit = 1024 if sys.platform != "darwin" else 1024**2
    numbers = {
        "wall_seconds": round(wall, 2),
        "cpu_seconds": round(cpu_seconds(), 2),
        "gpu_seconds": 0.0,
        "peak_memory_mb": round(max(own.ru_maxrss, children.ru_maxrss) / unit, 1),
    }
    # a step that used a GPU has loaded torch; one that has not must not load it for this
    cuda = getattr(sys.modules.get("torch"), "cuda", None)
    if cuda is not None and cuda.is_initialized():
        # ranks run side by side, one GPU each
        numbers["gpu_seconds"] = round(wall * int(os.environ.get("WORLD_SIZE", "1")), 2)
        numbers["gpu_peak_memory_mb"] = round(cuda.max_memory_allocated() / 1024**2, 1)
    return numbers


def machine() -> str:
    """Return the system, processor type and number of CPUs this runs on."""
    return f"{platform.system()} {platform.machine()}, {os.cpu_count()} CPUs"


def stage_outputs(step: str, arguments: Sequence[str]) -> tuple[str, list[str]] | None:
    """Return (name as DVC addresses it, outputs) of the stage that runs `step` with `arguments`.

    None if no stage of `dvc.yaml` does.
    """
    values = stage_arguments(list(arguments))
    name = f"{step}@{'-'.join(values)}" if values else step
    body = (load_params("dvc.yaml").get("stages") or {}).get(step)
    if not isinstance(body, dict) or len(values) != _values_wanted(body):
        return None
    inner = body.get("do", body)
    templates = item_values(name, body, {})
    if STEPS + step not in str(inner.get("cmd", "")).split():
        return None
    return name, [filled(path, templates, {}) for path in declared_outputs(inner)]


def _values_wanted(body: Mapping[str, Any]) -> int:
    """Return how many values tell the stages of one entry of dvc.yaml apart."""
    return len(body["matrix"]) if "matrix" in body else int("foreach" in body)


def record_path(stage: str, outputs: Mapping[str, str]) -> Path:
    """Return where the record of a stage with these outputs (hash by path) lies."""
    # the bytes made are the key: whoever made them, this is what they took
    content = json.dumps(dict(outputs), sort_keys=True)
    key = hashlib.sha256(content.encode()).hexdigest()[:16]
    return scratch_folder("costs", stage) / f"{key}.json"


def stage_costs(lock: Mapping[str, Any]) -> dict[str, Record | None]:
    """Return each stage's record, by its name, for the outputs that a `dvc.lock` names.

    None stands for a stage of which none was kept.
    """
    records: dict[str, Record | None] = {}
    for name, stage in (lock.get("stages") or {}).items():
        outputs = {out["path"]: out.get("md5", "") for out in stage.get("outs", [])}
        path = record_path(name, outputs)
        records[name] = _record(path) if path.is_file() else None
    return records


def all_records() -> list[Record]:
    """Return every record that was kept in this clone, in the order of stages and files."""
    kept = [_record(path) for path in sorted(scratch_folder("costs").glob("*/*.json"))]
    return [record for record in kept if record is not None]


def record_key(record: Record) -> str:
    """Return what tells a record from all others."""
    return str(record_path(record["stage"], record["outputs"]))


def samples_since(stage: str, moment: float) -> int | None:
    """Return the samples of the stage's last record, if it was kept after `moment` (seconds since
    1970) and has any.
    """
    # a stage's folder is made with its first record
    records = scratch_folder("costs").glob(f"{stage}/*.json")
    new = [path for path in records if path.stat().st_mtime >= moment]
    if not new:
        return None
    record = _record(max(new, key=lambda path: path.stat().st_mtime))
    return None if record is None else record.get("samples")


def _record(path: Path) -> Record | None:
    """Return a record, None for a damaged one: its numbers are lost, and nothing else."""
    try:
        record = read_json(path)
    except UserError as error:
        print(f"passed over: {error}", file=sys.stderr)
        return None
    return record if isinstance(record, dict) and _is_measured(record) else None


def _is_measured(record: Record) -> bool:
    values = [record.get(field) for field in (*SUMS, *PEAKS)]
    return all(value is None or isinstance(value, int | float) for value in values)


def add_up(records: Sequence[Record | None]) -> Cost:
    """Return the cost of several stages together."""
    known = [record for record in records if record is not None]
    values: dict[str, Any] = {}
    for field in (*SUMS, *PEAKS):
        numbers = [record[field] for record in known if record.get(field) is not None]
        if not numbers:
            values[field] = None
        elif field in PEAKS:
            values[field] = max(numbers)
        else:
            values[field] = round(sum(numbers), 2)
    return Cost(**values, known=len(known), stages=len(records))


def by_step(records: Mapping[str, Record | None]) -> dict[str, Cost]:
    """Return the cost of each step over all its stages, in the order given.

    `pretrain` stands for `pretrain@0`, `pretrain@1`, and so on.
    """
    groups: dict[str, list[Record | None]] = {}
    for name, record in records.items():
        step, _, _ = name.partition("@")
        groups.setdefault(step, []).append(record)
    return {step: add_up(group) for step, group in groups.items()}


def cost_table(
    records: Mapping[str, Record | None], out_of_date: Collection[str] = frozenset()
) -> str:
    """Return what is printed: a line a step and the sum.

    Steps with stages `out_of_date` are marked: what they took was an earlier run's.
    """
    old_steps = {name.partition("@")[0] for name in out_of_date}
    lines = [
        f"{'step':14}{'wall s':>9}{'CPU s':>9}{'GPU s':>9}{'samples':>10}{'tokens':>12}"
        f"{'peak MB':>9}  measured"
    ]
    for step, cost in by_step(records).items():
        mark = ", of an earlier run" if step in old_steps else ""
        lines.append(_cost_line(step, cost) + mark)
    total = add_up(list(records.values()))
    # samples and tokens of different steps are the same ones, so their sum means nothing
    lines.append(_cost_line("all", dataclasses.replace(total, samples=None, tokens=None)))
    return "\n".join(lines)


def _cost_line(step: str, cost: Cost) -> str:
    cells = [
        _cell(cost.wall_seconds, 9, 1),
        _cell(cost.cpu_seconds, 9, 1),
        _cell(cost.gpu_seconds, 9, 1),
        _cell(cost.samples, 10, 0),
        _cell(cost.tokens, 12, 0),
        _cell(cost.peak_memory_mb, 9, 0),
    ]
    return f"{step:14}{''.join(cells)}  {cost.known} of {cost.stages}"


def _cell(value: float | None, width: int, digits: int) -> str:
    shown = "-" if value is None else f"{value:,.{digits}f}"
    return f"{shown:>{width}}"
