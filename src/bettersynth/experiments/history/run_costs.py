"""What `bettersynth run` took: one record an export in the ledger, of the last run that wrote it.

A run is no stage: its record lies under `.cache/costs/run/`, by the place of its export. Outside of
a project nothing is kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from bettersynth.data.files.project import project_root
from bettersynth.data.files.reading import read_json
from bettersynth.data.files.writing import write_json
from bettersynth.experiments.history.costs import (
    Record,
    machine,
    measured,
    record_path,
)

RUN = "run"


def record_run(export: Path, counts: Mapping[str, float]) -> None:
    """Write the record of the run that wrote `export` in this process; `counts` is what it told.

    Raises:
        OSError: the record cannot be written; nothing depends on it.
    """
    if not (project_root() / "dvc.yaml").is_file():
        return
    outputs = _outputs(export)
    record = {
        "stage": RUN,
        "outputs": outputs,
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine(),
        **measured(),
        **counts,
    }
    write_json(record_path(RUN, outputs), record)


def run_record(export: Path) -> Record | None:
    """Return the record of the last run that wrote `export`, None where none was kept.

    Raises:
        UserError: the record is damaged.
    """
    path = record_path(RUN, _outputs(export))
    return read_json(path) if path.is_file() else None


def _outputs(export: Path) -> dict[str, str]:
    # no hash of its bytes: an export may be larger than all that DVC ever reads
    return {str(export.absolute()): ""}


def waiting_in_words(records: Mapping[str, Record | None]) -> str:
    """Return which models waited for their pictures, and how long; "" where nothing is known."""
    shares = []
    for name, record in records.items():
        share = (record or {}).get("model_waiting_share")
        if isinstance(share, int | float):
            shares.append(f"{name} {share:.0%}")
    return f"of its time the model waited: {', '.join(shares)}" if shares else ""
