"""Finding an experiment's results: in the working tree, in a folder, or at a commit or DVC experiment."""

from __future__ import annotations

import dataclasses
import io
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from bettersynth.data.files.reading import parse_json
from bettersynth.data.tables.items import ITEM_SCHEMA
from bettersynth.errors import UserError
from bettersynth.experiments.history.costs import stage_costs
from bettersynth.experiments.workflow.experiment import read_at_revision
from bettersynth.settings.reading import parse_yaml

WORKSPACE = "workspace"
ITEMS, SCORE, MIX = "results/items.parquet", "results/score.json", "data/mix/mix.parquet"
PARAMS, LOCK = "params.yaml", "dvc.lock"
Reader = Callable[[str], bytes | None]


@dataclasses.dataclass(frozen=True)
class Experiment:
    """What is known of one experiment's settings and costs. `params` and `lock` may be missing where only results are.

    `costs` holds the record of each stage of `lock` by name, None where none was kept; `read` gives any file of the experiment.
    """

    name: str
    params: dict[str, Any] | None
    lock: dict[str, Any]
    costs: dict[str, dict[str, Any] | None]
    read: Reader


@dataclasses.dataclass(frozen=True)
class Run(Experiment):
    """An experiment with its scored answers."""

    items: pa.Table
    score: dict[str, Any]


def load_experiment(name: str) -> Experiment:
    """Return the experiment that `name` means: `workspace`, a folder of results, or a commit or DVC experiment.

    Raises:
        UserError: it is none of these.
    """
    read = reader_of(name)
    params, content = read(PARAMS), read(LOCK)
    lock = parse_yaml(content, f"{LOCK} of {name}") if content else {}
    return Experiment(
        name,
        parse_yaml(params, f"{PARAMS} of {name}") if params else None,
        lock,
        stage_costs(lock),
        read,
    )


def load_run(name: str) -> Run:
    """Return the experiment that `name` means, with its scores.

    Raises:
        UserError: `name` means none, or its results are not there.
    """
    found = load_experiment(name)
    items, score = found.read(ITEMS), found.read(SCORE)
    if items is None or score is None:
        raise UserError(
            f"{name} has no {ITEMS if items is None else SCORE}; run it first: `snakemake --cores all results/score.json`"
        )
    table = table_of(items, f"{ITEMS} of {name}")
    if not set(ITEM_SCHEMA.names) <= set(table.column_names):
        raise UserError(
            f"{name}: {ITEMS} was written by another version of the score step; run the score step again"
        )
    return Run(
        found.name,
        found.params,
        found.lock,
        found.costs,
        found.read,
        table,
        parse_json(score, f"{SCORE} of {name}"),
    )


def training_set(experiment: Experiment) -> pa.Table | None:
    """Return `data/mix/mix.parquet` of an experiment; None where it is not at hand."""
    content = experiment.read(MIX)
    return None if content is None else table_of(content, f"{MIX} of {experiment.name}")


def table_of(content: bytes, what: str, columns: list[str] | None = None) -> pa.Table:
    """Return the table that the bytes of a parquet file hold.

    Raises:
        UserError: they are damaged.
    """
    try:
        return pq.read_table(io.BytesIO(content), columns=columns)
    except (pa.ArrowInvalid, OSError):
        raise UserError(
            f"{what} is damaged; run its stage again, or fetch it from where it was made (`dvc pull`)"
        ) from None


def reader_of(name: str) -> Reader:
    """Return what reads a file of the project as it is in `name`: bytes, None where it is not there.

    Raises:
        UserError: `name` is no folder, commit or experiment.
    """
    if name == WORKSPACE:
        return _tree_file
    if Path(name).exists():
        return _folder_reader(Path(name) if Path(name).is_dir() else Path(name).parent)
    revision_of(name)
    return _revision_reader(name)


def read_lock(name: str) -> dict[str, Any]:
    """Return the content of `dvc.lock` in `name`.

    Raises:
        UserError: there is none.
    """
    content = reader_of(name)(LOCK)
    if content is None:
        raise UserError(
            f"{name} has no {LOCK}: no stage has run there yet; run `snakemake --cores all`"
        )
    return parse_yaml(content, f"{LOCK} of {name}")


def _tree_file(path: str) -> bytes | None:
    return Path(path).read_bytes() if Path(path).is_file() else None


def _folder_reader(folder: Path) -> Reader:
    def read(path: str) -> bytes | None:
        places = (folder / path, folder / Path(path).name)
        return next((place.read_bytes() for place in places if place.is_file()), None)

    return read


def revision_of(name: str) -> str | None:
    """Return what git calls the commit or DVC experiment `name`; None for the workspace and for folders.

    Raises:
        UserError: `name` is neither.
    """
    if name == WORKSPACE or Path(name).exists():
        return None
    known = _experiments()
    for candidate in (known.get(name), name):
        if (
            candidate
            and not subprocess.run(
                ["git", "rev-parse", "--verify", "--quiet", f"{candidate}^{{commit}}"],
                check=False,
                capture_output=True,
            ).returncode
        ):
            return candidate
    raise UserError(
        f"{name} is no folder, commit or experiment; experiments here: {', '.join(sorted(known)) or 'none'}; or {WORKSPACE}"
    )


def _experiments() -> dict[str, str]:
    """Return the git reference of each DVC experiment by its name; of several with one name, the last in git's order."""
    done = subprocess.run(
        ["git", "for-each-ref", "--format=%(refname)", "refs/exps"],
        check=False,
        capture_output=True,
        text=True,
    )
    refs = [
        ref
        for ref in done.stdout.split()
        if ref.count("/") == 4
        and not ref.startswith(("refs/exps/celery/", "refs/exps/exec/", "refs/exps/apply/"))
    ]
    return {ref.rsplit("/", 1)[-1]: ref for ref in refs}


def _revision_reader(revision: str) -> Reader:
    from dvc.exceptions import DvcException

    def read(path: str) -> bytes | None:
        try:
            return read_at_revision(revision, path)
        except (DvcException, FileNotFoundError):
            return None

    return read
