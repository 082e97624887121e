"""Finding an experiment's results: in the working tree, in a folder, or at a commit or DVC experiment."""

from __future__ import annotations

import dataclasses
import io
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from bettersynth.benchmarks.item_scores import ITEM_SCHEMA
from bettersynth.errors import UserError
from bettersynth.experiment import read_at_revision

WORKSPACE = "workspace"
ITEMS, SCORE, MIX, PARAMS = "results/items.parquet", "results/score.json", "data/mix/mix.parquet", "params.yaml"
Reader = Callable[[str], bytes | None]


@dataclasses.dataclass(frozen=True)
class Run:
    """What is known of one experiment. `mix` and `params` may be missing where only a folder of results was given."""

    name: str
    items: pa.Table
    score: dict[str, Any]
    mix: pa.Table | None
    params: dict[str, Any] | None


def load_run(name: str) -> Run:
    """Return the run that `name` means: `workspace`, a folder with items.parquet and score.json, or a commit or DVC experiment.

    Raises:
        UserError: it is none of these, or its results are not there.
    """
    if name == WORKSPACE:
        read: Reader = _tree_file
    elif Path(name).is_dir():
        read = _folder_reader(Path(name))
    else:
        _require_revision(name)
        read = _revision_reader(name)
    items, score = read(ITEMS), read(SCORE)
    if items is None or score is None:
        raise UserError(f"{name} has no {ITEMS if items is None else SCORE}; run it first: `snakemake --cores all results/score.json`")
    table = pq.read_table(io.BytesIO(items))
    if not set(ITEM_SCHEMA.names) <= set(table.column_names):
        raise UserError(f"{name}: {ITEMS} was written by another version of the score step; run the score step again")
    mix, params = read(MIX), read(PARAMS)
    return Run(
        name, table, json.loads(score), None if mix is None else pq.read_table(io.BytesIO(mix)), yaml.safe_load(params) if params else None
    )


def _tree_file(path: str) -> bytes | None:
    return Path(path).read_bytes() if Path(path).is_file() else None


def _folder_reader(folder: Path) -> Reader:
    def read(path: str) -> bytes | None:
        places = (folder / path, folder / Path(path).name)
        return next((place.read_bytes() for place in places if place.is_file()), None)

    return read


def _require_revision(name: str) -> None:
    for candidate in (name, f"refs/exps/{name}"):
        if not subprocess.run(
            ["git", "rev-parse", "--verify", "--quiet", f"{candidate}^{{commit}}"], check=False, capture_output=True
        ).returncode:
            return
    known = _experiments()
    if name not in known:
        raise UserError(f"{name} is no folder, commit or experiment; experiments here: {', '.join(known) or 'none'}; or {WORKSPACE}")


def _experiments() -> list[str]:
    done = subprocess.run(["git", "for-each-ref", "--format=%(refname)", "refs/exps"], check=False, capture_output=True, text=True)
    return sorted({ref.rsplit("/", 1)[-1] for ref in done.stdout.split() if "/celery/" not in ref and "/exec/" not in ref})


def _revision_reader(revision: str) -> Reader:
    from dvc.exceptions import DvcException

    def read(path: str) -> bytes | None:
        try:
            return read_at_revision(revision, path)
        except (DvcException, FileNotFoundError):
            return None

    return read
