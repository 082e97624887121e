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
# Stages of a recipe's own models. A trial that ends before them must not carry another's records
# of them: it would be listed with another's score.
OF_MODELS = ("pretrain", "finetune", "predict", "score", "report")


def write_begun_lock(shared: str | None, params: dict[str, Any]) -> Path | None:
    """Write the lock that a trial of `params` begins with, and return where.

    `shared` is the experiment that made what all recipes share; without one it is the project's own
    lock. Left out are what was measured for a rule that `params` lacks, and what was trained. None
    where there is no lock of DVC's form.
    """
    try:
        text = (read_at_revision(shared, LOCK) if shared else Path(LOCK).read_bytes()).decode()
    except FileNotFoundError:
        return None
    stages = stage_texts(text)
    if not stages:
        return None
    parts = [HEAD]
    for name, part in stages.items():
        stat = name.removeprefix(STATS)
        is_measured = stat == name or stat in params["watched"]["stats"]
        if is_measured and name.partition("@")[0] not in OF_MODELS:
            parts.append(part)
    content = "".join(parts)
    # trials of the same stats share a file
    name = hashlib.sha256(content.encode()).hexdigest()[:16]
    path = scratch_folder("trials") / f"{name}.dvc.lock"
    if not path.is_file():
        with complete_or_absent(path) as temporary:
            temporary.write_text(content, encoding="utf-8")
    return path.resolve()
