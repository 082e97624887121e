"""Rows in memory while a pass works on them, read from a data set or from the pass before."""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bettersynth.data.files.addresses import is_address
from bettersynth.data.files.compressed import ending, unpacked_lines
from bettersynth.data.files.jsonl_rows import dump_json, parse_row
from bettersynth.data.row_files.lance_tables import LANCE
from bettersynth.data.row_files.picture_paths import moved_path
from bettersynth.data.row_files.table_rows import table_columns
from bettersynth.data.samples.sample_rows import RowForm
from bettersynth.data.samples.text_form import invalid_unicode
from bettersynth.errors import UserError
from bettersynth.measuring.protocols import Values
from bettersynth.recipes.engine.carried_values import take_hashes, take_stats
from bettersynth.recipes.engine.passes import Pass, RowReject
from bettersynth.recipes.engine.records import Record, load_record


@dataclass
class Rows:
    """Rows column by column; every list has one entry a row."""

    numbers: list[int] = field(default_factory=list)  # lines of the data set, from 1 on
    rows: list[dict[str, Any]] = field(default_factory=list)
    raw: list[bytes | None] = field(default_factory=list)  # json; None once the row has changed
    stats: list[dict[str, Any]] = field(default_factory=list)
    hashes: list[dict[str, Any]] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, positions: Sequence[int]) -> Rows:
        """Return the rows at these positions."""
        return Rows(
            [self.numbers[position] for position in positions],
            [self.rows[position] for position in positions],
            [self.raw[position] for position in positions],
            [self.stats[position] for position in positions],
            [self.hashes[position] for position in positions],
        )

    def add_fields(self, values: Values) -> None:
        """Write values into fields of the rows; a field that a row has stays."""
        for name, column in values.items():
            for position, value in enumerate(column):
                if name not in self.rows[position]:
                    self.rows[position][name] = value
                    self.raw[position] = None

    def add(
        self,
        number: int,
        row: dict[str, Any],
        raw: bytes | None,
        stats: dict[str, Any],
        hashes: dict[str, Any],
    ) -> None:
        """Add one row; `raw` is its json, None where that no longer fits `row`."""
        self.numbers.append(number)
        self.rows.append(row)
        self.raw.append(raw)
        self.stats.append(stats)
        self.hashes.append(hashes)

    def records(self, stat_order: dict[str, int]) -> list[bytes]:
        """Return the rows as records, stats in the order of the recipe whatever line ran first."""
        records: list[bytes] = []
        for number, row, raw, stats, hashes in zip(
            self.numbers, self.rows, self.raw, self.stats, self.hashes, strict=True
        ):
            content = raw if raw is not None else dump_json(row)
            names = sorted(stats, key=lambda stat: stat_order.get(stat, -1))
            ordered = {stat: stats[stat] for stat in names}
            records.append(Record(content, ordered, hashes, number).dump())
        return records


def rows_of_dataset(
    chunk: Sequence[tuple[int, bytes]], plan: Pass, rejects: list[RowReject]
) -> Rows:
    """Return the rows of (line number, json) pairs; what is no text goes to `rejects`, and so does
    a list of pictures with null in it.

    Picture paths are made right for where the export will lie. Stats and hashes that a row brings
    along become the row's own.

    Raises:
        UserError: a line is no sample, or its own stats are no mapping.
    """
    rows = Rows()
    text_key, image_key = plan.form.text_key, plan.form.image_key
    folder = plan.dataset.parent.resolve()
    target = plan.export_folder.resolve()
    # Data-Juicer's tables have a column, null or not, for each field of any row
    has_column = plan.compat == "data_juicer" and _any_row_has(plan.dataset, image_key)
    for number, line in chunk:
        row = parse_row(plan.dataset, number, line)
        place = f"{plan.dataset} line {number}"
        stats = take_stats(row, place)
        # Data-Juicer exports them beside the row's own fields
        hashes = take_hashes(row)
        changed = stats is not None or bool(hashes)
        names = row.get(image_key) or []
        if isinstance(names, list) and None in names:
            reason = f"{image_key}[{names.index(None)}] is null"
            rejects.append(RowReject(number, "reading", reason))
            continue
        require_sample(row, plan.form, place)
        if broken := invalid_unicode(row.get(text_key) or ""):
            rejects.append(RowReject(number, "reading", f"{text_key} is {broken}"))
            continue
        relative = folder != target and any(not os.path.isabs(name) for name in names)
        if plan.compat == "data_juicer" or relative:
            if names:
                row[image_key] = [_exported(name, folder, target, plan.compat) for name in names]
            elif has_column:
                row.setdefault(image_key, None)
            changed = True
        rows.add(number, row, None if changed else line, stats or {}, hashes)
    return rows


def _any_row_has(dataset: Path, key: str) -> bool:
    """Return whether a row of a data set names a field."""
    return _names_field(dataset, dataset.stat().st_mtime_ns, key)


# asked at each chunk of rows, found out once in each process
@functools.cache
def _names_field(dataset: Path, _changed: int, key: str) -> bool:
    if ending(dataset) == LANCE:
        return key in table_columns(dataset).names
    # within a text its quotes would be escaped
    name = json.dumps(key).encode()
    return any(name in line for line in unpacked_lines(dataset))


def require_sample(row: dict[str, Any], form: RowForm, where: str) -> None:
    """Pass if text and pictures of a row can be read; null counts as not there.

    Raises:
        UserError: the text is no text, or the pictures are no list of paths.
    """
    names = row.get(form.image_key)
    if names is not None and not (isinstance(names, list) and all(map(_is_text, names))):
        raise UserError(f"{where}: {form.image_key} must be a list of paths, not {names!r}")
    text = row.get(form.text_key)
    if text is not None and not isinstance(text, str):
        raise UserError(f"{where}: {form.text_key} must be text, not {text!r}")


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _exported(name: str, folder: Path, target: Path, compat: str) -> str:
    """Return the path of a picture as it is right beside the exported file, in `target`."""
    if compat == "data_juicer" and not (os.path.isabs(name) or is_address(name)):
        return os.path.normpath(folder / name)
    return moved_path(name, folder, target)


def rows_of_records(chunk: Sequence[bytes], plan: Pass) -> Rows:
    """Return the rows of the records of the pass before."""
    rows = Rows()
    for content in chunk:
        record = load_record(content)
        row = parse_row(plan.dataset, record.line, record.row)
        rows.add(record.line, row, record.row, record.stats, record.hashes)
    return rows
