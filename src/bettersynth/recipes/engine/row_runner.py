"""One pass of a recipe over a chunk of rows: filters and mappers in order, then the keys of the deduplicator or selector that ends it."""

from __future__ import annotations

import dataclasses
import math
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from bettersynth.data.files.jsonl_rows import Record, dump_json, load_record, parse_row
from bettersynth.data.samples.batch import Batch, Images, Tokens
from bettersynth.data.samples.text_form import invalid_unicode
from bettersynth.errors import UserError
from bettersynth.measuring.field_values import field_value
from bettersynth.measuring.measure import Measured, measure, measure_good, open_column
from bettersynth.measuring.protocols import Maker
from bettersynth.measuring.score_cache import ScoreColumn
from bettersynth.recipes.lines import Line, read_recipe

STATS_FIELD = "__dj__stats__"
WARM_ROWS, TIMED_ROWS, TURNS = 16, 32, 4  # that are run to find out what each line costs
CHEAPER = 5
HASH_FIELDS = ("__dj__hash", "__dj__minhash", "__dj__simhash", "__dj__imagehash", "__dj__embedding")


@dataclass(frozen=True)
class Pass:
    """What a worker needs to know. `lines` are positions in the recipe; the last may be a deduplicator or selector."""

    process: Sequence[Any]
    lines: tuple[int, ...]
    dataset: Path
    export_folder: Path
    text_key: str = "text"
    image_key: str = "images"
    tokens: Tokens = field(default_factory=Tokens)
    compat: str = ""
    use_cache: bool = True
    keep_hashes: bool = False
    cheap_first: bool = False  # measure what each line costs and put cheap filters first
    measure_only: bool = (
        False  # keep every row, and the stats of an operator named again apart (`stat#2`)
    )


@dataclass
class Done:
    """What one chunk came to: records that are left, rows left after each line (by its position in the recipe, in the order in which the
    lines ran), rows set aside, keys of the last line.
    """

    records: list[bytes]
    left: dict[int, int]
    rejects: list[tuple[int, str, str]]  # line number, operator, reason
    keys: list[Any] = field(default_factory=list)
    rows: int = 0
    order: tuple[int, ...] = ()  # positions of the lines as they ran


@dataclass
class Rows:
    """Rows in memory, column by column."""

    numbers: list[int]
    rows: list[dict[str, Any]]
    raw: list[bytes | None]  # the row's json; None once the row has changed
    stats: list[dict[str, Any]]
    hashes: list[dict[str, Any]]

    def take(self, positions: Sequence[int]) -> Rows:
        columns = (self.numbers, self.rows, self.raw, self.stats, self.hashes)
        return Rows(*([column[k] for k in positions] for column in columns))  # type: ignore[index]

    def add(
        self,
        number: int,
        row: dict[str, Any],
        raw: bytes | None,
        stats: dict[str, Any],
        hashes: dict[str, Any],
    ) -> None:
        columns = (self.numbers, self.rows, self.raw, self.stats, self.hashes)
        for column, value in zip(columns, (number, row, raw, stats, hashes), strict=True):
            column.append(value)  # type: ignore[attr-defined]


class RowRunner:
    """Runs one pass in one process; opens the score cache and models as lines first need them."""

    def __init__(self, plan: Pass):
        self.plan = plan
        every = read_recipe(plan.process, "process", plan.compat)
        self.lines = {k: every[k] for k in plan.lines}
        stats = [
            stat for k in sorted(plan.lines) for stat in getattr(every[k].operator, "STATS", ())
        ]
        self.stat_order = {stat: place for place, stat in enumerate(stats)}
        self.seconds = dict.fromkeys(plan.lines, math.inf)
        self.apart = (
            False  # each line reads pictures itself, so that the first does not pay for the others
        )
        self.columns: dict[str, ScoreColumn | None] = {}
        self.makers: dict[str, Maker] = {}

    def run(self, chunk: Sequence[tuple[int, bytes]] | Sequence[bytes]) -> Done:
        """Return the result of a chunk: (line number, json) pairs of the data set, or records of the pass before."""
        done = Done([], {}, [], rows=len(chunk), order=tuple(self.lines))
        rows = (
            self._from_dataset(chunk, done.rejects)
            if isinstance(chunk[0], tuple)
            else self._from_records(chunk)
        )  # type: ignore[arg-type]
        pictures = self._pictures()
        for position, line in self.lines.items():
            start = time.perf_counter()
            pictures = self._pictures() if self.apart else pictures
            if line.kind == "selector":
                path = line.operator.field(line.deciding)
                done.keys = [
                    self._field(rows, k, path) if path else None for k in range(len(rows.rows))
                ]
                continue
            if line.kind == "mapper":
                rows = (
                    self._make(line, rows, pictures, done)
                    if generates(line)
                    else self._rewrite(line, rows)
                )
                done.left[position] = len(rows.rows)
                continue
            measured = self._measure(line, rows, pictures)
            done.rejects += [
                (rows.numbers[k], line.label, reason) for k, reason in sorted(measured.bad.items())
            ]
            rows = rows.take(measured.positions) if measured.bad else rows
            self._remember(line, rows, measured)
            if line.kind == "deduplicator":
                done.keys = self._keys(line, measured)
                continue
            if (
                measured.values and not self.plan.measure_only
            ):  # no values: a filter by a field that was given none
                flags = np.asarray(line.operator.keep(measured.values, line.deciding), dtype=bool)
                if not flags.all():
                    rows = rows.take(np.flatnonzero(flags).tolist())
            done.left[position] = len(rows.rows)
            if (
                measured.positions
            ):  # the best of several turns: what else runs on the machine does not count
                self.seconds[position] = min(
                    self.seconds[position], (time.perf_counter() - start) / len(measured.positions)
                )
        done.records = [
            Record(
                raw if raw is not None else dump_json(row), self._in_order(stats), hashes, number
            ).dump()
            for number, row, raw, stats, hashes in zip(
                rows.numbers, rows.rows, rows.raw, rows.stats, rows.hashes, strict=True
            )
        ]
        return done

    def put_cheap_first(self, chunk: Sequence[Any]) -> None:
        """Put cheap filters before dear ones, by running a few rows of `chunk`: the first load what is needed, the others are timed.

        The rows that are left, and their stats, are the same in any order; only which of two filters drops a row first is not.
        """
        plan, lines = self.plan, self.lines
        last = max(position for group in movable(lines) for position in group)
        self.plan = dataclasses.replace(plan, measure_only=True)  # every line sees every row
        self.lines = {position: line for position, line in lines.items() if position <= last}
        self.run(chunk[:WARM_ROWS])
        self.seconds, self.apart = dict.fromkeys(self.seconds, math.inf), True
        for start in range(WARM_ROWS, WARM_ROWS + TIMED_ROWS, TIMED_ROWS // TURNS):
            self.run(chunk[start : start + TIMED_ROWS // TURNS])
        self.apart = False
        self.plan = dataclasses.replace(plan, lines=cheap_first(lines, self.seconds))
        self.lines = {k: lines[k] for k in self.plan.lines}

    def _in_order(self, stats: dict[str, Any]) -> dict[str, Any]:
        """Return the stats in the order of the recipe, whatever order its lines ran in."""
        return {
            stat: stats[stat]
            for stat in sorted(stats, key=lambda stat: self.stat_order.get(stat, -1))
        }

    def close(self) -> None:
        """Close the score cache and what makes new samples; the runner opens it again when it is needed."""
        for column in self.columns.values():
            if column is not None:
                column.close()
        self.columns.clear()
        for maker in self.makers.values():
            maker.close()
        self.makers.clear()

    def _from_dataset(
        self, chunk: Sequence[tuple[int, bytes]], rejects: list[tuple[int, str, str]]
    ) -> Rows:
        plan = self.plan
        rows = Rows([], [], [], [], [])
        moved = plan.dataset.parent.resolve() != plan.export_folder.resolve()
        for number, line in chunk:
            row = parse_row(plan.dataset, number, line)
            raw: bytes | None = line
            stats, hashes = (
                row.pop(STATS_FIELD, None),
                {key: row.pop(key) for key in HASH_FIELDS if key in row},
            )
            names = row.get(plan.image_key) or []
            if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
                raise UserError(
                    f"{plan.dataset} line {number}: {plan.image_key} must be a list of paths, not {names!r}"
                )
            if not isinstance(row.get(plan.text_key, ""), str):
                raise UserError(
                    f"{plan.dataset} line {number}: {plan.text_key} must be text, not {row[plan.text_key]!r}"
                )
            if broken := invalid_unicode(str(row.get(plan.text_key) or "")):
                rejects.append((number, "reading", f"{plan.text_key} is {broken}"))
                continue
            if plan.compat == "data_juicer" or (
                moved and any(not os.path.isabs(name) for name in names)
            ):
                row[plan.image_key] = (
                    [self._exported(name) for name in names] if names else row.get(plan.image_key)
                )
                raw = None
            if stats is not None or hashes:
                raw = None
            rows.add(number, row, raw, stats or {}, hashes)
        return rows

    def _exported(self, name: str) -> str:
        """Return the path of a picture as it is right beside the exported file."""
        if os.path.isabs(name):
            return name
        full = os.path.normpath(self.plan.dataset.parent.resolve() / name)
        return (
            full
            if self.plan.compat == "data_juicer"
            else os.path.relpath(full, self.plan.export_folder.resolve())
        )

    def _from_records(self, chunk: Sequence[bytes]) -> Rows:
        records = [load_record(line) for line in chunk]
        rows = [parse_row(self.plan.dataset, record.line, record.row) for record in records]
        return Rows(
            [record.line for record in records],
            rows,
            [record.row for record in records],
            [record.stats for record in records],
            [record.hashes for record in records],
        )

    def _pictures(self) -> Images:
        folder = self.plan.export_folder  # paths were rewritten to be right there

        def read(name: str) -> bytes:
            with open(folder / name, "rb") as stream:
                return stream.read()

        return Images(
            read,
            truncated=self.plan.compat == "data_juicer",
            size=lambda name: os.path.getsize(folder / name),
        )

    def _batch(self, line: Line, rows: Rows, pictures: Images) -> Batch:
        text_key, image_key = (
            line.text_key or self.plan.text_key,
            line.image_key or self.plan.image_key,
        )
        return Batch(
            [row.get(text_key) or "" for row in rows.rows],
            [row.get(image_key) or [] for row in rows.rows],
            pictures,
            self.plan.tokens,
            [
                {"__dj__suffix__": self.plan.dataset.suffix, **row, STATS_FIELD: stats}
                for row, stats in zip(rows.rows, rows.stats, strict=True)
            ]
            if "fields" in getattr(line.operator, "READS", ())
            else (),
        )

    def _measure(self, line: Line, rows: Rows, pictures: Images) -> Measured:
        if self.plan.compat == "data_juicer":
            known = self._known(line, rows)
            if known is not None:
                return known
        batch = self._batch(line, rows, pictures)
        if not self.plan.use_cache:
            return measure_good(line.operator, line.measuring, batch)
        if line.label not in self.columns:
            self.columns[line.label] = open_column(line.operator, line.measuring)
        return measure(line.operator, line.measuring, batch, self.columns[line.label])

    def _known(self, line: Line, rows: Rows) -> Measured | None:
        """Return values that the rows carry already, as Data-Juicer does whatever settings they were measured with."""
        carriers = rows.hashes if line.kind == "deduplicator" else rows.stats
        names = [
            name for name in line.operator.STATS if all(name in carrier for carrier in carriers)
        ]
        if not rows.rows or not names or names[0] != line.operator.STATS[0]:
            return None
        return Measured(
            {name: [carrier[name] for carrier in carriers] for name in names},
            list(range(len(rows.rows))),
        )

    def _remember(self, line: Line, rows: Rows, measured: Measured) -> None:
        if line.kind == "deduplicator" and not self.plan.keep_hashes:
            return
        if not getattr(line.operator, "EXPORTS_STATS", True):
            return
        carriers = rows.hashes if line.kind == "deduplicator" else rows.stats
        suffix = line.label.removeprefix(line.name) if self.plan.measure_only else ""
        for name, values in measured.values.items():
            name += suffix
            for carrier, value in zip(carriers, values, strict=True):
                carrier[name] = value

    def _keys(self, line: Line, measured: Measured) -> list[Any]:
        """Return one small value a row for the decision over all rows: its hashes, compacted where they are long."""
        columns = list(measured.values.values())
        if hasattr(line.operator, "compact"):
            columns = [list(map(line.operator.compact, columns[0])), *columns[1:]]
        return list(zip(*columns, strict=True))

    def _make(self, line: Line, rows: Rows, pictures: Images, done: Done) -> Rows:
        """Return the rows, each followed by what was made of it; a new row has the other fields of the old one and no values yet."""
        if line.label not in self.makers:
            self.makers[line.label] = line.operator.open_maker(
                line.deciding, self.plan.export_folder
            )
        made, bad = self.makers[line.label].make(self._batch(line, rows, pictures))
        done.rejects += [(rows.numbers[k], line.label, reason) for k, reason in sorted(bad.items())]
        text_key, image_key = (
            line.text_key or self.plan.text_key,
            line.image_key or self.plan.image_key,
        )
        after = Rows([], [], [], [], [])
        for k, new in enumerate(made):
            if k in bad:
                continue
            if line.deciding.keep_original_sample:
                after.add(rows.numbers[k], rows.rows[k], rows.raw[k], rows.stats[k], rows.hashes[k])
            for text, images in new:
                stats = dict(rows.stats[k]) if self.plan.compat == "data_juicer" else {}
                after.add(
                    rows.numbers[k],
                    {**rows.rows[k], text_key: text, image_key: images},
                    None,
                    stats,
                    {},
                )
        return after

    def _rewrite(self, line: Line, rows: Rows) -> Rows:
        key = line.text_key or self.plan.text_key
        before = [row.get(key) or "" for row in rows.rows]
        for k, text in enumerate(line.operator.rewrite(before, line.deciding)):
            if text != before[k]:
                rows.rows[k][key] = text
                rows.raw[k] = None
        return rows

    def _field(self, rows: Rows, position: int, path: str) -> Any:
        first = path.split(".")[0]
        row = rows.rows[position] if first != STATS_FIELD else {STATS_FIELD: rows.stats[position]}
        try:
            return field_value(row, path, self.plan.compat)
        except UserError as error:
            raise UserError(f"{self.plan.dataset} line {rows.numbers[position]}: {error}") from None


def generates(line: Line) -> bool:
    """Whether a mapper makes new samples."""
    return hasattr(line.operator, "open_maker")


def movable(lines: dict[int, Line]) -> list[list[int]]:
    """Return the runs of neighbouring filters that may change places: none reads what another one, or a mapper between them, writes."""
    groups: list[list[int]] = [[]]
    for position, line in lines.items():
        if generates(line):
            break  # what comes after it would have to wait for new captions or pictures, only to be timed
        if line.kind == "filter" and "fields" not in line.operator.READS:
            groups[-1].append(position)
        elif groups[-1]:
            groups.append([])
    return [group for group in groups if len(group) > 1]


def order_matters(lines: dict[int, Line]) -> bool:
    """Whether a filter that may be dear stands before another that it can change places with."""
    return any(
        lines[position].operator.CACHED for group in movable(lines) for position in group[:-1]
    )


def cheap_first(lines: dict[int, Line], seconds: dict[int, float]) -> tuple[int, ...]:
    """Return the positions of the lines in a better order, by `seconds` a row of each.

    A filter goes before those that cost `CHEAPER` times as much, so that noise moves nothing; never before one of its own name, which
    writes the same stat.
    """
    order = list(lines)
    for group in movable(lines):
        start, sorted_group = order.index(group[0]), list[int]()
        for position in group:
            place = len(sorted_group)
            while (
                place
                and seconds[position] * CHEAPER < seconds[other := sorted_group[place - 1]]
                and lines[position].name != lines[other].name
            ):
                place -= 1
            sorted_group.insert(place, position)
        order[start : start + len(group)] = sorted_group
    return tuple(order)
