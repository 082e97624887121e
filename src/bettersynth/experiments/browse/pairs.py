"""The pairs of an experiment's pool as one table of columns to filter, sort and show."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bettersynth.data.pictures.images import ImageStore
from bettersynth.data.samples.text_form import EOC_TOKEN, IMAGE_TOKEN
from bettersynth.data.tables.candidates import CANDIDATES
from bettersynth.data.tables.decisions import DECISIONS
from bettersynth.data.tables.mix import MIX_DECISIONS
from bettersynth.data.tables.planted import PLANTED
from bettersynth.data.tables.restats import RESTATS
from bettersynth.data.tables.rewritten import REWRITTEN, with_rewritten
from bettersynth.data.tables.samples import POOL_IMAGES, SAMPLES
from bettersynth.data.tables.stats import stats_path
from bettersynth.errors import UserError
from bettersynth.experiments.history.compared_runs import (
    PARAMS,
    WORKSPACE,
    Reader,
    params_of,
    reader_of,
    table_of,
)
from bettersynth.experiments.history.explain import explain
from bettersynth.recipes.moved_bounds import MovableRecipe
from bettersynth.recipes.moved_run import MovableRun
from bettersynth.recipes.stored_columns import column_numbers
from bettersynth.settings.filter import FilterSettings
from bettersynth.settings.reading import read_settings

FACTS = ("source", "style", "concept", "group")
# of the sample table: sizes and hashes of millions of pictures are gigabytes
POOL_COLUMNS = ("id", "text", "images", "image_sha256", *FACTS, "type", "judged")
OUTCOMES = (
    "kept",
    "rule",
    "value",
    "bound",
    "caption_source",
    "candidate",
    "candidates_tried",
    "similarity",
    "weight",
    "reason",
)


@dataclasses.dataclass(frozen=True)
class Pairs:
    """The pool's rows of one experiment, in the pool's order.

    - `pool`: what is needed of the sample table's rows
    - `columns`: what is filtered by, with `id` and `caption`
    - `candidates`: all new captions with their values; None where none were made
    - `picture`: returns the bytes of a picture by its name
    - `history`: returns what became of a row, in words
    - `recipe`: makes the lines whose bounds can be moved; None where there are none
    - `late`: makes further columns of numbers when one of them is first asked for
    """

    name: str
    read: Reader
    params: dict[str, Any]
    pool: pa.Table
    columns: dict[str, pa.ChunkedArray]
    candidates: pa.Table | None
    picture: Callable[[str], bytes]
    history: Callable[[int], str]
    recipe: Callable[[], MovableRecipe | MovableRun] | None
    late: dict[str, Callable[[], dict[str, pa.ChunkedArray]]] = dataclasses.field(
        default_factory=dict
    )

    def __len__(self) -> int:
        return self.pool.num_rows

    @cached_property
    def ids(self) -> list[str]:
        """The id of each row."""
        return self.pool["id"].to_pylist()

    def flags_of(self, ids: Iterable[str]) -> np.ndarray:
        """Return which rows have one of these ids, bool `[rows]`; ids of no row are passed over."""
        wanted = pa.array(list(ids), pa.string())
        return pc.is_in(self.columns["id"], wanted).to_numpy()

    @cached_property
    def planted(self) -> np.ndarray | None:
        """Which rows were given another's caption, bool `[rows]`; None for a source without."""
        if "planted" not in self.columns:
            return None
        return self.columns["planted"].to_numpy().astype(bool)

    @cached_property
    def _numbers(self) -> dict[str, np.ndarray]:
        return {}

    @cached_property
    def _ends(self) -> dict[str, list[float] | None]:
        return {}

    def numbers(self, name: str) -> np.ndarray:
        """Return a column as float64 `[rows]`, NaN where it has no number.

        Raises:
            UserError: no such column.
        """
        if name not in self._numbers:
            self._numbers[name] = column_numbers(self.column(name))
        return self._numbers[name]

    def ends(self, name: str) -> list[float] | None:
        """Return the least and the greatest finite number of a column; None if it has none.

        Raises:
            UserError: no such column.
        """
        if name not in self._ends:
            # not `numbers`: those of every column together fill the memory
            numbers = column_numbers(self.column(name))
            finite = numbers[np.isfinite(numbers)]
            ends = [float(finite.min()), float(finite.max())] if len(finite) else None
            self._ends[name] = ends
        return self._ends[name]

    def column(self, name: str) -> pa.ChunkedArray:
        """Return a column.

        Raises:
            UserError: no such column, or a late one can't be made.
        """
        if name in self.late and name not in self.columns:
            self.columns.update(self.late[name]())
        if name not in self.columns:
            raise UserError(f"no column {name!r}; the columns are: {', '.join(self.columns)}")
        return self.columns[name]


def read_pairs(name: str) -> Pairs:
    """Return the pairs of the experiment `name`; columns of stages that have not run are missing.

    Raises:
        UserError: `name` means no experiment, or it has no pool.
    """
    read = reader_of(name)
    pool = _pool(read, name)
    params = params_of(read, f"{PARAMS} of {name}") or {}
    captions = captions_of(pool["text"])
    pool = pool.drop_columns(["text"])
    # column by column, as each frees what it was made of: twelve million rows are gigabytes
    for place, column_name in enumerate(pool.column_names):
        whole = pool[column_name].combine_chunks()
        pool = pool.set_column(place, pool.schema.field(place), whole)
    columns = {"id": pool["id"], "caption": captions}
    for fact in FACTS:
        columns[fact] = pool[fact]
    columns |= _outcomes(read, pool["id"])
    columns |= _measured(read, params, pool["id"])
    columns |= _planted(read, pool["id"])
    # a few rows of a column in many chunks cost as much as all of it
    for column_name, column in columns.items():
        columns[column_name] = pa.chunked_array([column.combine_chunks()])
    return Pairs(
        name=name,
        read=read,
        params=params,
        pool=pool,
        columns=columns,
        candidates=_candidates(read),
        picture=ImageStore(POOL_IMAGES).read,
        history=lambda row: explain(pool["id"][row].as_py(), name),
        # what stages measured lies in the workspace
        recipe=(lambda: _recipe(params, pool)) if name == WORKSPACE else None,
    )


def _recipe(params: dict[str, Any], pool: pa.Table) -> MovableRecipe:
    """Return the recipe of the workspace.

    Raises:
        UserError: as `MovableRecipe`.
    """
    settings = read_settings(FilterSettings, params.get("filter"), "params.yaml: filter")
    return MovableRecipe(settings, params, pool)


def captions_of(texts: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return the captions of texts in the samples' form, as `caption_of_text` has them."""
    captions: list[pa.Array] = []
    # chunk by chunk: each step is a copy
    for chunk in texts.chunks:
        for token in (IMAGE_TOKEN, EOC_TOKEN):
            chunk = pc.replace_substring(chunk, token, "")
        captions.append(pc.utf8_trim_whitespace(chunk))
    return pa.chunked_array(captions, pa.string())


def _pool(read: Reader, name: str) -> pa.Table:
    """Return the rows of the split pool with the texts that mappers left.

    Raises:
        UserError: there are none.
    """
    content = read(SAMPLES)
    if content is None:
        raise UserError(f"{name} has no {SAMPLES}; run `snakemake --cores all {SAMPLES}`")
    # a pool of one source lacks `judged`
    known = table_of(content, str(SAMPLES), rows={"split": []}).column_names
    wanted = [column_name for column_name in known if column_name in POOL_COLUMNS]
    pool = table_of(content, str(SAMPLES), wanted, {"split": ["pool"]})
    rewritten = _table(read, REWRITTEN)
    # older experiments have no such table
    if rewritten is not None:
        pool = with_rewritten(pool, rewritten)
    if not pool.num_rows:
        raise UserError(f"{SAMPLES} of {name} holds no sample of the split pool")
    return pool


def _table(read: Reader, path: Any) -> pa.Table | None:
    content = read(path)
    return None if content is None else table_of(content, str(path))


def _of_this_pool(read: Reader, path: Any, ids: pa.ChunkedArray) -> pa.Table | None:
    """Return a table with one row a pool sample; None where it is missing or of another pool."""
    table = _table(read, path)
    return table if table is not None and table["id"].equals(ids) else None


def _outcomes(read: Reader, ids: pa.ChunkedArray) -> dict[str, pa.ChunkedArray]:
    """Return what became of each pair, and the verdict of each rule where the mix has run."""
    columns: dict[str, pa.ChunkedArray] = {}
    tables = [_of_this_pool(read, path, ids) for path in (DECISIONS, MIX_DECISIONS)]
    for name in OUTCOMES:
        for table in tables:
            if table is not None and name in table.column_names:
                columns.setdefault(name, table[name])
    mixed = tables[1]
    if mixed is not None:
        for name in mixed.column_names:
            if name.endswith(" keeps"):
                columns[name] = mixed[name]
    return columns


def _measured(
    read: Reader, params: dict[str, Any], ids: pa.ChunkedArray
) -> dict[str, pa.ChunkedArray]:
    """Return the columns that the operators of the settings measured, hashes left out."""
    columns: dict[str, pa.ChunkedArray] = {}
    for operator in params.get("stats") or {}:
        table = _of_this_pool(read, stats_path(operator), ids)
        for stat in table.column_names if table is not None else ():
            if stat != "id" and not stat.startswith("__dj__"):
                columns[stat] = table[stat]
    return columns


def _planted(read: Reader, ids: pa.ChunkedArray) -> dict[str, pa.ChunkedArray]:
    table = _of_this_pool(read, PLANTED, ids)
    if table is None:
        return {}
    # of the others it is the caption
    own = captions_of(pc.if_else(table["planted"], table["original_text"], None))
    return {"planted": table["planted"], "original_caption": own, "donor_id": table["donor_id"]}


def _candidates(read: Reader) -> pa.Table | None:
    """Return the new captions, with a column a stat that was measured of them."""
    table = _table(read, CANDIDATES)
    if table is None or not table.num_rows:
        return None
    made = table.select(["id", "candidate", "captioner"])
    made = made.append_column("caption", captions_of(table["text"]))
    measured = _table(read, RESTATS)
    # new pictures stand behind the captions
    if measured is not None:
        measured = measured.slice(0, table.num_rows)
    if measured is not None and measured["id"].equals(table["id"]):
        for stat in measured.column_names:
            if stat not in made.column_names and not stat.startswith("__dj__"):
                made = made.append_column(stat, measured[stat])
    return made
