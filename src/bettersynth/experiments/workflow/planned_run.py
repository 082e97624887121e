"""All stages of one run work from the params.yaml that the run began with.

Snakemake names it in the environment when it plans; of `dvc repro` and `dvc exp run` the first
stage that works writes it down (`.cache/runs/`), and the later ones compare.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bettersynth.data.files.reading import read_object
from bettersynth.data.files.scratch import scratch_folder
from bettersynth.data.files.writing import write_json
from bettersynth.errors import UserError
from bettersynth.experiments.workflow.stage_inputs import StageInputs
from bettersynth.experiments.workflow.wrong_records import forget_if_wrong
from bettersynth.settings.regular_files import is_there

if TYPE_CHECKING:
    from psutil import Process

PLANNED = "BETTERSYNTH_PLANNED"
CHANGED = (
    "params.yaml was changed after this run was planned (by hand, `bettersynth compose` or another "
    "`dvc exp run`): it ends here, and what is finished is kept; run {} again"
)


def params_digest(content: bytes) -> str:
    """Return the sha256 of params.yaml."""
    return hashlib.sha256(content).hexdigest()


def require_planned(inputs: StageInputs) -> None:
    """Pass if params.yaml is the one that this run was planned with.

    Processes that this one starts are held to it too.

    Raises:
        UserError: it is another, or DVC recorded settings that a stage before did not use.
    """
    digest = params_digest(inputs.params)
    planned = os.environ.get(PLANNED)
    if planned and planned != digest:
        raise UserError(CHANGED.format("snakemake"))
    if not planned:
        _require_same_run(digest)
        os.environ[PLANNED] = digest


def _require_same_run(digest: str) -> None:
    note_file = note_of_this_run()
    if note_file is None:
        return
    if not is_there(note_file):
        write_json(note_file, {"params": digest})
        return
    note = read_object(note_file, has={"params": str})
    if "stage" in note:
        require_recorded(note["stage"], note["settings"])
    if note["params"] != digest:
        raise UserError(CHANGED.format("the same command"))


def note_used_settings(inputs: StageInputs) -> None:
    """Leave the settings that a stage used, which is done now, to the next stage of its run."""
    note_file = note_of_this_run()
    if note_file is not None and is_there(note_file):
        note = {
            "params": params_digest(inputs.params),
            "stage": inputs.name,
            "settings": inputs.settings,
        }
        write_json(note_file, note)


def note_of_this_run() -> Path | None:
    """Return where the run that this stage is part of keeps its note; None outside of DVC.

    A run is a process of DVC in one folder. Notes of those that have ended are removed.
    """
    import psutil

    folder = scratch_folder("runs")
    for old in folder.glob("*.json"):
        if not psutil.pid_exists(int(old.name.partition("-")[0])):
            old.unlink(missing_ok=True)
    here = hashlib.sha256(str(Path.cwd()).encode()).hexdigest()[:8]
    for process in psutil.Process().parents():
        with contextlib.suppress(psutil.Error):
            if is_dvc(process):
                # with the time: a number is given again once its process has ended
                return folder / f"{process.pid}-{int(process.create_time())}-{here}.json"
    return None


def is_dvc(process: Process) -> bool:
    """Whether a process is a command of DVC's: `python .../bin/dvc repro`, `python -m dvc repro`.

    Raises:
        psutil.Error: it has ended, or is another user's.
    """
    return "dvc" in [Path(word).name for word in process.cmdline()[:3]]


def require_recorded(stage: str, settings: Mapping[str, Any]) -> None:
    """Pass if dvc.lock says of a stage that has just run what it used.

    Otherwise the record is removed, from DVC's run cache too: between a step's end and DVC's own
    reading of params.yaml lie some milliseconds.

    Raises:
        UserError: DVC recorded other settings.
    """
    difference = forget_if_wrong(stage, settings)
    if difference:
        raise UserError(
            f"params.yaml: {difference} as {stage} ended; its record is removed: "
            "run the same command again"
        )
