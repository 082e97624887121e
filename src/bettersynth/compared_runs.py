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
from bettersynth.costs import stage_costs
from bettersynth.errors import UserError
from bettersynth.experiment import read_at_revision

WORKSPACE = "workspace"
ITEMS, SCORE, MIX = "results/items.parquet", "results/score.json", "data/mix/mix.parquet"
PARAMS, LOCK = "params.yaml", "dvc.lock"
Reader = Callable[[str], bytes | None]


@dataclasses.dataclass(frozen=True)
class Run:
    """What is known of one experiment. `mix` and `params` may be missing where only a folder of results was given.

    `costs` holds each stage's record by name, None where none was kept; it is empty without a `dvc.lock`.
    """

    name: str
    items: pa.Table
    score: dict[str, Any]
    mix: pa.Table | None
    params: dict[str, Any] | None
    costs: dict[str, dict[str, Any] | None]


def load_run(name: str) -> Run:
    """Return the run that `name` means: `workspace`, a folder with items.parquet and score.json, or a commit or DVC experiment.

    Raises:
        UserError: it is none of these, or its results are not there.
    """
    read = reader_of(name)
    items, score = read(ITEMS), read(SCORE)
    if items is None or score is None:
        raise UserError(f"{name} has no {ITEMS if items is None else SCORE}; run it first: `snakemake --cores all results/score.json`")
    table = pq.read_table(io.BytesIO(items))
    if not set(ITEM_SCHEMA.names) <= set(table.column_names):
        raise UserError(f"{name}: {ITEMS} was written by another version of the score step; run the score step again")
    mix, params, lock = read(MIX), read(PARAMS), read(LOCK)
    return Run(
        name,
        table,
        json.loads(score),
        None if mix is None else pq.read_table(io.BytesIO(mix)),
        yaml.safe_load(params) if params else None,
        stage_costs(yaml.safe_load(lock)) if lock else {},
    )


def reader_of(name: str) -> Reader:
    """Return what reads a file of the project as it is in `name`: bytes, None where it is not there.

    Raises:
        UserError: `name` is no folder, commit or experiment.
    """
    if name == WORKSPACE:
        return _tree_file
    if Path(name).is_dir():
        return _folder_reader(Path(name))
    _require_revision(name)
    return _revision_reader(name)


def read_lock(name: str) -> dict[str, Any]:
    """Return the content of `dvc.lock` in `name`.

    Raises:
        UserError: there is none.
    """
    content = reader_of(name)(LOCK)
    if content is None:
        raise UserError(f"{name} has no {LOCK}: no stage has run there yet; run `snakemake --cores all`")
    return yaml.safe_load(content)


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
