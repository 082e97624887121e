"""A trial's settings, and the name that they give it.

The name holds a digest of all that decides the result: settings, code, and the user's own files.
Who changes one of them has another trial, which no earlier outcome answers.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bettersynth.data.files.hashing import remembered_sha256
from bettersynth.errors import UserError
from bettersynth.experiments.workflow.compose import composed
from bettersynth.experiments.workflow.drift import tree_digest
from bettersynth.experiments.workflow.experiment import named_inputs, own_inputs
from bettersynth.experiments.workflow.settings_check import require_valid_settings
from bettersynth.settings.reading import load_params

# dependencies of stages that are no stage's output, as dvc.yaml writes them
CODE = ("src/", "conf/")
DIGEST_LETTERS = 8


@dataclasses.dataclass(frozen=True)
class Trial:
    """One setting to run up to the stage `target`, as the DVC experiment `name`.

    `overrides` are Hydra's, those of seeds and visits among them; `params` is what they compose to.
    """

    name: str
    overrides: tuple[str, ...]
    target: str
    params: dict[str, Any] = dataclasses.field(repr=False, compare=False)

    @property
    def seeds(self) -> tuple[int, ...]:
        """The training seeds."""
        return tuple(self.params["seeds"])


def make_trial(
    label: str,
    overrides: Sequence[str],
    seeds: Sequence[int] | None = None,
    visits: int | None = None,
    target: str = "score",
) -> Trial:
    """Return the trial of these Hydra overrides, seeds and visits (by default the setting's own).

    Raises:
        UserError: the settings do not compose, a stage would refuse them, or stage 1 would not go
            by `visits`.
    """
    words = list(overrides)
    if seeds is not None:
        words.append(f"seeds={json.dumps(list(seeds))}")
    if visits is not None:
        words.append(f"mix.visits={visits}")
    params = composed(words)
    own_visits = params["pretrain"].get("visits")
    if visits is not None and own_visits is not None:
        raise UserError(
            f"pretrain.visits is {own_visits}, so that stage 1 would not go by the {visits} visits "
            "of this trial; set mix.visits in its place"
        )
    # what a search sets is not to be warned of
    require_valid_settings(params, warns=False)
    for setting, path in own_inputs(params).items():
        words.append(f"{setting}={path}")
    contents = {}
    for setting, path in named_inputs(params).items():
        contents[setting] = _content_digest(path)
    decides = [params, target, _code_digest()]
    if contents:
        decides.append(contents)
    digest = hashlib.sha256(json.dumps(decides, sort_keys=True).encode()).hexdigest()
    return Trial(f"{label}-{digest[:DIGEST_LETTERS]}", tuple(words), target, params)


def _code_digest() -> str:
    """Return a digest of dvc.yaml and of all code that its stages depend on."""
    paths = set()
    for stage in load_params("dvc.yaml")["stages"].values():
        for dependency in stage.get("do", stage).get("deps", []):
            if str(dependency).startswith(CODE):
                paths.add(str(dependency))
    return tree_digest(["dvc.yaml", *sorted(paths)])


def _content_digest(path: Path) -> str:
    """Return a digest of a user's file, or of a folder's files."""
    return _folder_digest(path) if path.is_dir() else remembered_sha256(path)


# each trial asks again, and a folder may hold a million pictures
@functools.cache
def _folder_digest(folder: Path) -> str:
    """Return a digest of the names, sizes and times of a folder's files, which are not read."""
    digest = hashlib.sha256()
    for file in sorted(folder.rglob("*")):
        if file.is_file():
            status = file.stat()
            entry = f"{file.relative_to(folder)}\0{status.st_size}\0{status.st_mtime_ns}\n"
            digest.update(entry.encode(errors="surrogateescape"))
    return digest.hexdigest()
