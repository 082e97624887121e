"""One pass of a recipe over a chunk of rows: filters and mappers in order, then the keys of the
deduplicator or selector that ends it.
"""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from bettersynth.data.files.compressed import ending
from bettersynth.data.pictures.decoding import picture_size_bytes, read_picture
from bettersynth.data.samples.batch import Batch, Images
from bettersynth.data.samples.sample_rows import STATS_FIELD, RowForm, batch_of_rows
from bettersynth.errors import UserError
from bettersynth.measuring.field_values import field_value
from bettersynth.measuring.measure import measure, open_column
from bettersynth.measuring.measured import Measured, measure_good
from bettersynth.measuring.protocols import Maker
from bettersynth.measuring.score_cache import ScoreColumn
from bettersynth.recipes.engine.carried_values import known_values
from bettersynth.recipes.engine.common_lines import keys_of_lines
from bettersynth.recipes.engine.dropped_rows import note_dropped
from bettersynth.recipes.engine.line_order import cheap_first, movable
from bettersynth.recipes.engine.needed_fields import image_key_of, text_key_of
from bettersynth.recipes.engine.passes import Done, Pass, RowReject
from bettersynth.recipes.engine.protected_tokens import rewrite_words
from bettersynth.recipes.engine.rows import (
    Rows,
    require_sample,
    rows_of_dataset,
    rows_of_records,
)
from bettersynth.recipes.engine.unmeasured import nothing_made, passed_unmeasured
from bettersynth.recipes.lines import Line, read_recipe
from bettersynth.recipes.numberless import without_number
from bettersynth.recipes.verdicts import keeps

# Rows that are run to find out what each line costs: first some that load what is needed, then
# some that are timed, in several turns
WARM_ROWS = 16
TIMED_ROWS = 32
TURNS = 4


class RowRunner:
    """Runs one pass in one process; opens the score cache and models as lines first need them."""

    def __init__(self, plan: Pass):
        self.plan = plan
        every = read_recipe(plan.process, "process", plan.compat)
        self.lines = {position: every[position] for position in plan.lines}
        stats: list[str] = []
        for position in sorted(plan.lines):
            stats += getattr(every[position].operator, "STATS", ())
        self.stat_order = {stat: place for place, stat in enumerate(stats)}
        # a row, by position
        self.seconds = dict.fromkeys(plan.lines, math.inf)
        # Each line reads pictures itself, so that the first does not pay for the others
        self.apart = False
        self.columns: dict[str, ScoreColumn | None] = {}
        self.makers: dict[str, Maker] = {}

    def run(self, chunk: Sequence[tuple[int, bytes]] | Sequence[bytes]) -> Done:
        """Return the result of a chunk.

        It holds (line number, json) pairs of the data set, or records of the pass before.
        """
        done = Done([], {}, [], rows=len(chunk), order=tuple(self.lines))
        if isinstance(chunk[0], tuple):
            rows = rows_of_dataset(chunk, self.plan, done.rejects)  # type: ignore[arg-type]
        else:
            rows = rows_of_records(chunk, self.plan)  # type: ignore[arg-type]
        pictures = self._pictures()
        for position, line in self.lines.items():
            if self.apart:
                pictures = self._pictures()
            if line.measures:
                rows = self._decide(position, line, rows, pictures, done)
            elif line.kind == "selector":
                done.keys = self._compared(line, rows)
                if lacking := without_number(line, done.keys):
                    self._note(position, rows, {"without a number": lacking}, done)
            elif line.rewrites_all:
                done.keys = keys_of_lines(line, rows.rows, self.plan.form)
            elif line.generates:
                rows = self._make(position, line, rows, pictures, done)
            else:
                self._rewrite(line, rows)
            if not line.sees_all:
                done.left[position] = len(rows)
        done.records = rows.records(self.stat_order)
        return done

    def put_cheap_first(self, chunk: Sequence[Any]) -> None:
        """Put cheap filters before dear ones, by running a few rows of `chunk`.

        The first rows load what is needed, the others are timed. The rows that are left, and
        their stats, are the same in any order; only which of two filters drops a row first is not.
        """
        plan = self.plan
        lines = self.lines
        last = max(max(group) for group in movable(lines))
        # every line sees every row
        self.plan = dataclasses.replace(plan, measure_only=True)
        self.lines = {position: line for position, line in lines.items() if position <= last}
        self.run(chunk[:WARM_ROWS])
        self.seconds = dict.fromkeys(self.seconds, math.inf)
        self.apart = True
        size = TIMED_ROWS // TURNS
        for start in range(WARM_ROWS, WARM_ROWS + TIMED_ROWS, size):
            self.run(chunk[start : start + size])
        self.apart = False
        self.plan = dataclasses.replace(plan, lines=cheap_first(lines, self.seconds))
        self.lines = {position: lines[position] for position in self.plan.lines}

    def close(self) -> None:
        """Close the score cache and what makes new samples; it is opened again when needed."""
        for column in self.columns.values():
            if column is not None:
                column.close()
        self.columns.clear()
        for maker in self.makers.values():
            maker.close()
        self.makers.clear()

    def _pictures(self) -> Images:
        # paths were rewritten to be right there
        folder = self.plan.export_folder

        def read(name: str) -> bytes:
            return read_picture(folder / name)

        def size(name: str) -> int:
            return picture_size_bytes(folder / name)

        return Images(read, as_data_juicer=self.plan.compat == "data_juicer", size=size)

    def _form(self, line: Line) -> RowForm:
        """Return which keys a line reads: its own, or those of the whole recipe."""
        form = self.plan.form
        return RowForm(text_key_of(line, form), image_key_of(line, form), form.tokens)

    def _batch(self, line: Line, rows: Rows, pictures: Images) -> Batch:
        # those of the recipe were looked at when read
        if line.text_key or line.image_key:
            for number, row in zip(rows.numbers, rows.rows, strict=True):
                require_sample(row, self._form(line), f"{self.plan.dataset} line {number}")
        stats = rows.stats if line.reads_fields else None
        suffix = ending(self.plan.dataset)
        return batch_of_rows(rows.rows, pictures, self._form(line), stats, suffix)

    def _decide(self, position: int, line: Line, rows: Rows, pictures: Images, done: Done) -> Rows:
        """Return the rows that a filter keeps; all that can be measured, of a deduplicator."""
        start = time.perf_counter()
        measured = self._measure(line, rows, pictures)
        if measured.bad:
            for row, reason in sorted(measured.bad.items()):
                done.rejects.append(RowReject(rows.numbers[row], line.label, reason))
            rows = rows.take(measured.positions)
        self._remember(line, rows, measured)
        flags = np.ones(len(rows), dtype=bool)
        if not line.sees_all and not self.plan.measure_only:
            flags = keeps(line, measured.values, len(rows))
        values, form = measured.values, self._form(line)
        self._note(position, rows, passed_unmeasured(line, rows.rows, form, values, flags), done)
        if line.sees_all:
            done.keys = self._keys(line, measured)
            return rows
        if not flags.all():
            note_dropped(position, line, rows, flags, values, self.plan, done)
            rows = rows.take(np.flatnonzero(flags).tolist())
        if measured.positions:
            # The best of several turns: what else runs on the machine does not count
            seconds = (time.perf_counter() - start) / len(measured.positions)
            self.seconds[position] = min(self.seconds[position], seconds)
        return rows

    def _note(self, position: int, rows: Rows, lacking: dict[str, list[int]], done: Done) -> None:
        """Note the lines of the rows that lack what the line at `position` reads."""
        if lacking:
            numbers = done.lacking.setdefault(position, {})
            for what, lacking_rows in lacking.items():
                numbers[what] = [rows.numbers[row] for row in lacking_rows]

    def _measure(self, line: Line, rows: Rows, pictures: Images) -> Measured:
        if self.plan.compat == "data_juicer":
            places = [f"{self.plan.dataset} line {number}" for number in rows.numbers]
            known = known_values(line, self._carriers(line, rows), places)
            if known is not None:
                return known
        batch = self._batch(line, rows, pictures)
        if not self.plan.use_cache:
            return measure_good(line.operator, line.measuring, batch)
        if line.label not in self.columns:
            self.columns[line.label] = open_column(line.operator, line.measuring)
        return measure(line.operator, line.measuring, batch, self.columns[line.label])

    def _carriers(self, line: Line, rows: Rows) -> list[dict[str, Any]]:
        """Return where a line's values go in each row: hashes are kept apart from stats."""
        return rows.hashes if line.sees_all else rows.stats

    def _remember(self, line: Line, rows: Rows, measured: Measured) -> None:
        if line.sees_all and not self.plan.keep_hashes:
            return
        if not getattr(line.operator, "EXPORTS_STATS", True):
            if self.plan.compat == "data_juicer":
                rows.add_fields(measured.values)
            return
        carriers = self._carriers(line, rows)
        suffix = line.suffix if self.plan.measure_only else ""
        for name, values in measured.values.items():
            for carrier, value in zip(carriers, values, strict=True):
                carrier[name + suffix] = value

    def _keys(self, line: Line, measured: Measured) -> list[tuple[Any, ...]]:
        """Return one small value a row for the decision over all rows.

        They are the row's hashes, compacted where they are long.
        """
        columns = list(measured.values.values())
        if hasattr(line.operator, "compact"):
            columns[0] = list(map(line.operator.compact, columns[0]))
        return list(zip(*columns, strict=True))

    def _compared(self, line: Line, rows: Rows) -> list[tuple[Any, ...]]:
        """Return the values of the fields that a selector compares, one tuple a row."""
        paths = line.compared_fields
        if not paths:
            return [(None,)] * len(rows)
        keys: list[tuple[Any, ...]] = []
        for number, row, stats in zip(rows.numbers, rows.rows, rows.stats, strict=True):
            try:
                values = [self._field_value(row, stats, path) for path in paths]
            except UserError as error:
                raise UserError(f"{self.plan.dataset} line {number}: {error}") from None
            keys.append(tuple(values))
        return keys

    def _field_value(self, row: dict[str, Any], stats: dict[str, Any], path: str) -> Any:
        of_stats = path.split(".")[0] == STATS_FIELD
        return field_value({STATS_FIELD: stats} if of_stats else row, path, self.plan.compat)

    def _make(self, position: int, line: Line, rows: Rows, pictures: Images, done: Done) -> Rows:
        """Return the rows, each followed by what was made of it.

        A new row has the other fields of the old one and no values yet.
        """
        if line.label not in self.makers:
            maker = line.operator.open_maker(line.deciding, self.plan.export_folder)
            self.makers[line.label] = maker
        made, bad = self.makers[line.label].make(self._batch(line, rows, pictures))
        for at, reason in sorted(bad.items()):
            done.rejects.append(RowReject(rows.numbers[at], line.label, reason))
        form = self._form(line)
        self._note(position, rows, nothing_made(line, rows.rows, form, made, bad), done)
        after = Rows()
        for at, new_samples in enumerate(made):
            if at in bad:
                continue
            number, row, stats = rows.numbers[at], rows.rows[at], rows.stats[at]
            if line.deciding.keep_original_sample:
                after.add(number, row, rows.raw[at], stats, rows.hashes[at])
            for new in new_samples:
                written: dict[str, Any] = {}
                for key, value in ((form.text_key, new.text), (form.image_key, new.images)):
                    # a row without words or pictures gets no empty field by a line about others
                    if value or key in row:
                        written[key] = value
                written.update(new.fields)
                own_stats = dict(stats) if self.plan.compat == "data_juicer" else {}
                after.add(number, row | written, None, own_stats, {})
        return after

    def _rewritten(self, line: Line, texts: Sequence[str]) -> list[str]:
        """Return what a mapper makes of texts; Data-Juicer's may lose special tokens."""

        def rewrite(some: Sequence[str]) -> list[str]:
            return list(line.operator.rewrite(some, line.deciding))

        if self.plan.compat == "data_juicer":
            return rewrite(texts)
        return rewrite_words(rewrite, texts, self.plan.form.tokens)

    def _rewrite(self, line: Line, rows: Rows) -> None:
        """Put the texts of a mapper in the place of the rows' own."""
        key = self._form(line).text_key
        before = [row.get(key) or "" for row in rows.rows]
        after = self._rewritten(line, before)
        for position, text in enumerate(after):
            if text != before[position]:
                rows.rows[position][key] = text
                rows.raw[position] = None
