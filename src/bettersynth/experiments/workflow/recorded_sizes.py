"""Whether what stages wrote has the size that dvc.lock records of it.

A table of text that was cut between two rows reads as a shorter one. DVC finds that by its hash
before a stage reads it; a verb reads without DVC.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from bettersynth.data.files.reading import brought_back
from bettersynth.errors import warn
from bettersynth.experiments.workflow.whole_records import lock_in
from bettersynth.settings.regular_files import is_there

LOCK = Path("dvc.lock")


def warn_of_other_sizes(paths: Iterable[Path]) -> None:
    """Say which of these files, outputs of stages, have another size than when DVC recorded them.

    Nothing is said of a file that is not there, or of which nothing is recorded.

    Raises:
        UserError: dvc.lock is not what DVC writes, or a path is no regular file.
    """
    if not is_there(LOCK):
        return
    recorded = {}
    for stage in (lock_in(LOCK.read_bytes(), str(LOCK)).get("stages") or {}).values():
        for out in stage.get("outs", []):
            recorded[out["path"]] = out.get("size")
    for path in paths:
        size = recorded.get(path.as_posix())
        if size is None or not is_there(path):
            continue
        now = path.stat().st_size
        if now != size:
            warn(
                f"{path} has {now:,} bytes, and dvc.lock records {size:,}: it was cut, or made "
                f"without DVC; {brought_back(path)}"
            )
