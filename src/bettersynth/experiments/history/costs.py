"""What each stage cost: one record a finished step under `.cache/costs/`, found again by the very bytes that the step made.

A record is no output of the pipeline: its numbers differ from run to run, so DVC neither hashes nor restores it. The key is what
`dvc.lock` says of the stage's outputs, so an experiment, a commit or a restored result shows what making it took in this clone.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import platform
import re
import resource
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from bettersynth.data.files.reading import read_json
from bettersynth.data.files.scratch import scratch_folder
from bettersynth.data.files.writing import write_json

STEPS = "bettersynth.steps."
_IGNORED = re.compile(r"/\.snakemake|/__pycache__/|\.pyc$|\.egg-info")  # as .dvcignore has it
FIELDS = (
    "wall_seconds",
    "cpu_seconds",
    "gpu_seconds",
    "samples",
    "tokens",
    "peak_memory_mb",
    "gpu_peak_memory_mb",
)


@dataclasses.dataclass(frozen=True)
class Cost:
    """What one stage took, or several (sums; peaks are the highest): seconds, counts, megabytes. None where nothing is known.

    `stages` of `known` stages have a record. CPU seconds include child processes; GPU seconds are wall seconds x GPUs in use.
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


def record_cost(counts: Mapping[str, int] | None) -> None:
    """Write the record of the step that runs in this process, if `dvc.yaml` in the current folder knows it as a stage.

    `counts` is what the step's main returned: `samples` and `tokens` where it has them. A record that cannot be written is not
    an error: nothing depends on it.
    """
    spec = getattr(sys.modules["__main__"], "__spec__", None)
    if (
        spec is None
        or not spec.name.startswith(STEPS)
        or os.environ.get("RANK", "0") != "0"
        or not Path("dvc.yaml").is_file()
    ):
        return
    found = stage_outputs(spec.name.removeprefix(STEPS), sys.argv[1:])
    if found is None or not all(Path(path).exists() for path in found[1]):
        return
    name, paths = found
    outputs = {path: dvc_md5(Path(path)) for path in paths}
    about = {
        "stage": name,
        "outputs": outputs,
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine(),
    }
    write_json(record_path(name, outputs), about | measured() | dict(counts or {}))


def measured() -> dict[str, float]:
    """Return what this process and its children took since it started."""
    import psutil

    usage = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    wall = time.time() - psutil.Process().create_time()
    unit = 1024 if sys.platform != "darwin" else 1024**2  # ru_maxrss: kB on Linux, bytes on macOS
    found = {
        "wall_seconds": round(wall, 2),
        "cpu_seconds": round(sum(part.ru_utime + part.ru_stime for part in usage), 2),
        "gpu_seconds": 0.0,
        "peak_memory_mb": round(max(part.ru_maxrss for part in usage) / unit, 1),
    }
    cuda = getattr(sys.modules.get("torch"), "cuda", None)
    if cuda is not None and cuda.is_initialized():
        found["gpu_seconds"] = round(wall * int(os.environ.get("WORLD_SIZE", "1")), 2)
        found["gpu_peak_memory_mb"] = round(cuda.max_memory_allocated() / 1024**2, 1)
    return found


def machine() -> str:
    """Return the system, processor type and number of CPUs this runs on."""
    return f"{platform.system()} {platform.machine()}, {os.cpu_count()} CPUs"


def stage_outputs(step: str, arguments: Sequence[str]) -> tuple[str, list[str]] | None:
    """Return (name as DVC addresses it, outputs) of the stage of `dvc.yaml` that runs `step` with these arguments; None if none does."""
    body = yaml.safe_load(Path("dvc.yaml").read_text(encoding="utf-8")).get("stages", {}).get(step)
    if not isinstance(body, dict):
        return None
    body = body.get("do", body)
    words = str(body.get("cmd", "")).split()
    wanted = words[words.index(STEPS + step) + 1 :] if STEPS + step in words else None
    if wanted is None or len(wanted) != len(arguments):
        return None
    paths = []
    for entry in (entry for kind in ("outs", "metrics", "plots") for entry in body.get(kind, [])):
        path = next(iter(entry)) if isinstance(entry, dict) else str(entry)
        for word, argument in zip(wanted, arguments, strict=True):
            path = path.replace(word, argument)
        paths.append(path)
    return (f"{step}@{'-'.join(arguments)}" if arguments else step), paths


def dvc_md5(path: Path) -> str:
    """Return the hash that DVC records for a file or folder.

    Source: DVC 3's objects; a folder's is the md5 of the JSON list of its files' md5s and relative paths, with ".dir" behind.
    """
    if path.is_file():
        with open(path, "rb") as stream:
            return hashlib.file_digest(stream, "md5").hexdigest()
    files = {file.relative_to(path).as_posix(): file for file in path.rglob("*") if file.is_file()}
    return folder_md5(
        {name: dvc_md5(file) for name, file in files.items() if not _IGNORED.search(f"/{name}")}
    )


def folder_md5(files: Mapping[str, str]) -> str:
    """Return DVC's hash of a folder whose files have these md5s, by their paths below it."""
    entries = [{"md5": md5, "relpath": name} for name, md5 in sorted(files.items())]
    return hashlib.md5(json.dumps(entries, sort_keys=True).encode()).hexdigest() + ".dir"


def record_path(stage: str, outputs: Mapping[str, str]) -> Path:
    """Return where the record of a stage with these outputs (hash by path) lies."""
    key = hashlib.sha256(json.dumps(dict(outputs), sort_keys=True).encode()).hexdigest()[:16]
    return scratch_folder("costs", stage) / f"{key}.json"


def stage_costs(lock: Mapping[str, Any]) -> dict[str, dict[str, Any] | None]:
    """Return each stage's record, by the stage's name, for the outputs that a `dvc.lock`'s content names; None where there is none."""
    found: dict[str, dict[str, Any] | None] = {}
    for name, stage in (lock.get("stages") or {}).items():
        outputs = {out["path"]: out.get("md5", "") for out in stage.get("outs", [])}
        path = record_path(name, outputs)
        found[name] = read_json(path) if path.is_file() else None
    return found


def add_up(records: Sequence[Mapping[str, Any] | None]) -> Cost:
    """Return the cost of several stages together."""
    known = [record for record in records if record is not None]
    values: dict[str, Any] = {}
    for field in FIELDS:
        numbers = [record[field] for record in known if record.get(field) is not None]
        values[field] = (
            (max(numbers) if "peak" in field else round(sum(numbers), 2)) if numbers else None
        )
    return Cost(**values, known=len(known), stages=len(records))


def by_step(records: Mapping[str, Mapping[str, Any] | None]) -> dict[str, Cost]:
    """Return the cost of each step over all its stages (`pretrain` for `pretrain@0`, `pretrain@1`, ...), in the order given."""
    groups: dict[str, list[Mapping[str, Any] | None]] = {}
    for name, record in records.items():
        groups.setdefault(name.split("@")[0], []).append(record)
    return {step: add_up(group) for step, group in groups.items()}


def cost_table(records: Mapping[str, Mapping[str, Any] | None]) -> str:
    """Return what is printed: a line a step and the sum."""
    lines = [
        f"{'step':14}{'wall s':>9}{'CPU s':>9}{'GPU s':>9}{'samples':>10}{'tokens':>12}{'peak MB':>9}  measured"
    ]
    for step, cost in [*by_step(records).items(), ("all", add_up(list(records.values())))]:
        cells = [
            f"{'-' if value is None else f'{value:,.{digits}f}':>{width}}"
            for value, width, digits in (
                (cost.wall_seconds, 9, 1),
                (cost.cpu_seconds, 9, 1),
                (cost.gpu_seconds, 9, 1),
                (cost.samples if step != "all" else None, 10, 0),
                (cost.tokens if step != "all" else None, 12, 0),
                (cost.peak_memory_mb, 9, 0),
            )
        ]
        lines.append(f"{step:14}{''.join(cells)}  {cost.known} of {cost.stages}")
    return "\n".join(lines)
