"""The dvc.lock that a trial's copy of the tree begins with: what is made for all recipes.

So DVC looks once whether each of those stages changed. Without a lock it asks its run cache for
each of them and writes what it finds into a new one, which takes longer than a small training.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from bettersynth.data.files.scratch import scratch_folder
from bettersynth.data.files.writing import complete_or_absent
from bettersynth.experiments.workflow.lock_text import HEAD, stage_texts
from bettersynth.experiments.workflow.revisions import LOCK, read_at_revision

STATS = "stats@"


def write_begun_lock(shared: str, params: dict[str, Any]) -> Path | None:
    """Write the lock that a trial of `params` begins with, and return where.

    `shared` is the experiment that made what all recipes share, and trained nothing: what it
    measured for a rule that `params` lacks is left out. None where it left no lock of DVC's form.
    """
    try:
        text = read_at_revision(shared, LOCK).decode()
    except FileNotFoundError:
        return None
    stages = stage_texts(text)
    if not stages:
        return None
    parts = [HEAD]
    for name, part in stages.items():
        stat = name.removeprefix(STATS)
        if stat == name or stat in params["watched"]["stats"]:
            parts.append(part)
    content = "".join(parts)
    # trials of the same stats share a file
    name = hashlib.sha256(content.encode()).hexdigest()[:16]
    path = scratch_folder("trials") / f"{name}.dvc.lock"
    if not path.is_file():
        with complete_or_absent(path) as temporary:
            temporary.write_text(content, encoding="utf-8")
    return path.resolve()
