"""A folder with what measuring a trial's stage 1 reads: pool, features, benchmark, decoder.

Trials run in copies of the tree that are gone when they end, and a fresh clone holds no data. So
the files are linked from DVC's cache, where the trials left them, and trials that share them share
the folder.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bettersynth.data.files.scratch import scratch_folder
from bettersynth.data.files.writing import complete_or_absent
from bettersynth.data.tables.benchmark import MMBENCH
from bettersynth.data.tables.feature_store import FEATURES
from bettersynth.data.tables.samples import POOL_IMAGES, SAMPLES
from bettersynth.experiments.workflow.revisions import (
    LOCK,
    cached_file,
    listed_files,
    read_at_revision,
)
from bettersynth.experiments.workflow.whole_records import lock_in

PARTS = (SAMPLES, POOL_IMAGES, FEATURES, MMBENCH)
# settings of `model` that name folders
MODELS = ("language_model", "vision_tower", "vision_tower_aux")


def measuring_tree(experiment: str, params: Mapping[str, Any]) -> Path:
    """Return the folder, made if it is not there, with the files as `experiment` used them.

    `params` are its settings: a model that no stage makes is the project's own.

    Raises:
        FileNotFoundError: DVC's cache and its remote lack a file.
    """
    lock = lock_in(read_at_revision(experiment, LOCK), f"{LOCK} of {experiment}")
    outputs: dict[str, str] = {}
    for stage in (lock.get("stages") or {}).values():
        outputs |= {out["path"]: out.get("md5", "") for out in stage.get("outs", [])}
    named = [(params.get("model") or {}).get(name) for name in MODELS]
    made: dict[str, str] = {}
    own = []
    for part in [*map(str, PARTS), *filter(None, named)]:
        files = _files_of(part, outputs, experiment)
        made |= files
        # an absolute path is found from anywhere
        if not files and not Path(part).is_absolute():
            own.append(part)
    key = json.dumps([sorted(made.items()), own, str(Path.cwd())])
    tree = scratch_folder("measuring", hashlib.sha256(key.encode()).hexdigest()[:16])
    for path, md5 in made.items():
        _place(tree / path, md5, experiment, path)
    for part in own:
        link = tree / part
        link.parent.mkdir(parents=True, exist_ok=True)
        if not link.is_symlink():
            link.symlink_to(Path(part).absolute())
    return tree


def _files_of(part: str, outputs: Mapping[str, str], experiment: str) -> dict[str, str]:
    """Return the md5 of each file of an output, or of a folder or file in one, by its path."""
    md5 = outputs.get(part, "")
    if md5 and not md5.endswith(".dir"):
        return {part: md5}
    for folder in (Path(part), *Path(part).parents):
        md5 = outputs.get(str(folder), "")
        if not md5.endswith(".dir"):
            continue
        listing = cached_file(md5)
        if not listing.is_file():
            raise FileNotFoundError(f"DVC's cache has lost {folder} of {experiment}")
        listed = {str(folder / name): found for name, found in listed_files(listing).items()}
        return {path: found for path, found in listed.items() if Path(path).is_relative_to(part)}
    return {}


def _place(target: Path, md5: str, experiment: str, path: str) -> None:
    """Link a file from DVC's cache, or copy it where that is another disk."""
    if target.is_file():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    source = cached_file(md5)
    if not source.is_file():
        with complete_or_absent(target) as temporary:
            temporary.write_bytes(read_at_revision(experiment, path))
        return
    try:
        os.link(source, target)
    except FileExistsError:
        # another search placed it meanwhile
        return
    except OSError:
        with complete_or_absent(target) as temporary:
            shutil.copyfile(source, temporary)
