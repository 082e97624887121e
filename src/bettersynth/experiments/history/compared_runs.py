"""Finding an experiment's results: in the working tree, in a folder, or at a commit or DVC
experiment.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from bettersynth.data.files.parquet_files import ALL_ROWS, table_in
from bettersynth.data.files.reading import parse_json, require_mapping
from bettersynth.data.tables.items import ITEM_SCHEMA, ITEMS, completed
from bettersynth.data.tables.mix import MIX_TABLE
from bettersynth.data.tables.score import SCORE, checked_score
from bettersynth.errors import UserError, did_you_mean, nearest_first
from bettersynth.evaluation.scoring.item_scores import require_same_items
from bettersynth.evaluation.scoring.lent_spread import require_spread
from bettersynth.experiments.history.costs import stage_costs
from bettersynth.experiments.workflow.revisions import (
    experiment_references,
    read_at_revision,
    reference_of,
)
from bettersynth.experiments.workflow.whole_records import lock_in
from bettersynth.settings.reading import no_settings, settings_in
from bettersynth.settings.regular_files import is_there

WORKSPACE = "workspace"
PARAMS = "params.yaml"
LOCK = "dvc.lock"
# of params.yaml, which is read here as other versions wrote it too
SECTIONS = ("caption", "draw", "filter", "mix", "rewrite", "score", "source", "stats")
Reader = Callable[[str | Path], bytes | None]
"""What gives a file of an experiment by its path in the project; None where nothing lies there."""


@dataclasses.dataclass(frozen=True)
class Experiment:
    """What is known of one experiment's settings and costs.

    `params` and `lock` may be missing where only results are. `costs` holds the record of each
    stage of `lock` by name, None where none was kept; `read` gives any file of the experiment.
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
    """Return the experiment that `name` means: `workspace`, a folder of results, or a commit or DVC
    experiment.

    Raises:
        UserError: it is none of these, or its settings are damaged.
    """
    read = reader_of(name)
    params = params_of(read, f"{PARAMS} of {name}")
    stored_lock = read(LOCK)
    lock = {} if stored_lock is None else lock_in(stored_lock, f"{LOCK} of {name}")
    if _lacks_the_scores(lock, read):
        print(
            f"note: {LOCK} of {name} does not record {SCORE}: it was cut, or the step ran by hand; "
            "what it lacks is left out",
            file=sys.stderr,
        )
    return Experiment(name, params, lock, stage_costs(lock), read)


def _lacks_the_scores(lock: Mapping[str, Any], read: Reader) -> bool:
    """Whether a dvc.lock ends before the scores that are there; DVC writes them last."""
    recorded: set[str] = set()
    for stage in (lock.get("stages") or {}).values():
        recorded.update(out["path"] for out in stage.get("outs", []))
    return bool(recorded) and str(SCORE) not in recorded and read(SCORE) is not None


def load_run(name: str) -> Run:
    """Return the experiment that `name` means, with its scores.

    Raises:
        UserError: `name` means none, or its results are not there.
    """
    return with_scores(load_experiment(name))


def with_scores(experiment: Experiment) -> Run:
    """Return an experiment with its scored answers.

    Raises:
        UserError: they are not there, damaged, or of another version.
    """
    name = experiment.name
    stored_items = experiment.read(ITEMS)
    stored_score = experiment.read(SCORE)
    if stored_items is None or stored_score is None:
        lacking = ITEMS if stored_items is None else SCORE
        raise UserError(f"{name} has no {lacking}; run it first: `snakemake --cores all {SCORE}`")
    table = completed(table_of(stored_items, f"{ITEMS} of {name}"))
    # more columns than today's are fine, fewer cannot be compared
    if not set(ITEM_SCHEMA.names) <= set(table.column_names):
        raise UserError(
            f"{name}: {ITEMS} was written by another version of the score step; "
            "run the score step again"
        )
    require_same_items(table, f"{ITEMS} of {name}")
    return Run(
        name=experiment.name,
        params=experiment.params,
        lock=experiment.lock,
        costs=experiment.costs,
        read=experiment.read,
        items=table,
        score=score_in(stored_score, f"{SCORE} of {name}"),
    )


def score_in(content: bytes, where: str) -> dict[str, Any]:
    """Return the scores of a `results/score.json`, found at `where`.

    Raises:
        UserError: it is damaged, or another version of the score step wrote it.
    """
    return checked_score(parse_json(content, where), where)


def spread_of_run(name: str | None) -> pa.Table | None:
    """Return the items of the experiment that lends its seeds' spread; None if none is named.

    Raises:
        UserError: it is not there, or has one seed.
    """
    return None if name is None else require_spread(load_run(name).items, name)


def params_of(read: Reader, where: str) -> dict[str, Any] | None:
    """Return the settings of an experiment; None where they are not at hand.

    `where` is what an error calls them.

    Raises:
        UserError: they are damaged; an emptied file is, and one without a section of settings.
    """
    content = read(PARAMS)
    if content is None:
        return None
    params = settings_in(content, where)
    # a section without settings is none
    there = {name: section for name, section in params.items() if section is not None}
    require_mapping(there, where, may_have=SECTIONS)
    if not any(isinstance(section, dict) for section in there.values()):
        raise no_settings(where)
    return params


def training_set(read: Reader, name: str) -> pa.Table | None:
    """Return the training set of the experiment `name`; None where it is not at hand."""
    content = read(MIX_TABLE)
    return None if content is None else table_of(content, f"{MIX_TABLE} of {name}")


def no_training_set(name: str) -> UserError:
    """Return the error for an experiment whose training set is not at hand."""
    return UserError(
        f"{name} has no training set ({MIX_TABLE}); run `snakemake --cores all {MIX_TABLE}`"
    )


def table_of(
    content: bytes,
    what: str,
    columns: Sequence[str] | None = None,
    rows: Mapping[str, Sequence[str]] = ALL_ROWS,
) -> pa.Table:
    """Return the table that the bytes of a parquet file hold, or its `rows` that have one of these
    values in a column: the others are not kept in memory.

    Raises:
        UserError: they are damaged.
    """
    try:
        return table_in(content, columns, rows)
    except (pa.ArrowInvalid, OSError):
        raise UserError(
            f"{what} is damaged; run its stage again, "
            "or fetch it from where it was made (`dvc pull`)"
        ) from None


def reader_of(name: str) -> Reader:
    """Return what reads a file of the project as it is in `name`: bytes, None where it is not
    there.

    Raises:
        UserError: `name` is no folder, commit or experiment.
    """
    if name == WORKSPACE:
        return _tree_file
    place = Path(name)
    if place.exists():
        return _folder_reader(place if place.is_dir() else place.parent)
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
    return lock_in(content, f"{LOCK} of {name}")


def _tree_file(path: str | Path) -> bytes | None:
    return Path(path).read_bytes() if is_there(path) else None


def _folder_reader(folder: Path) -> Reader:
    """Return what reads from a folder that is a whole tree, or holds results side by side."""

    def read(path: str | Path) -> bytes | None:
        for place in (folder / path, folder / Path(path).name):
            if is_there(place):
                return place.read_bytes()
        return None

    return read


def revision_of(name: str) -> str | None:
    """Return what git calls the commit or DVC experiment `name`; None for workspace and folders.

    Raises:
        UserError: `name` is neither.
    """
    if name == WORKSPACE or Path(name).exists():
        return None
    reference = reference_of(name)
    if reference is not None:
        return reference
    known = [*experiment_references(), WORKSPACE]
    experiments = nearest_first(name, known[:-1])
    raise UserError(
        f"{name} is no folder, commit or experiment{did_you_mean(name, known)}; experiments here: "
        f"{experiments}; or {WORKSPACE}"
    )


def _revision_reader(revision: str) -> Reader:
    def read(path: str | Path) -> bytes | None:
        try:
            return read_at_revision(revision, str(path))
        except FileNotFoundError:
            return None

    return read
