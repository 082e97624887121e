"""`open_tracer`: the rows that each line dropped, with the values and the bound that decided."""

from __future__ import annotations

import collections
import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bettersynth.data.files.jsonl_rows import dump_json, parse_row
from bettersynth.data.files.writing import complete_or_absent
from bettersynth.measuring.protocols import Values
from bettersynth.recipes.engine.passes import Done, Dropped, Pass
from bettersynth.recipes.engine.records import load_record
from bettersynth.recipes.engine.rows import Rows
from bettersynth.recipes.engine.run_settings import RunSettings
from bettersynth.recipes.engine.survivors import in_words
from bettersynth.recipes.lines import Line


def note_dropped(
    position: int, line: Line, rows: Rows, flags: np.ndarray, values: Values, plan: Pass, done: Done
) -> None:
    """Note in `done` which rows a filter drops: the last one, and all where the line is traced.

    `flags` says which are kept, bool `[rows]`, at least one not.
    """
    places = np.flatnonzero(~flags).tolist()
    done.dropped[position] = Dropped(rows.numbers[places[-1]], in_words(values, places[-1]))
    if not is_traced(line, plan.traced):
        return
    for place in places:
        own = {name: column[place] for name, column in values.items()}
        entry = _entry(line, rows.numbers[place], rows.rows[place], own, plan.trace_keys)
        done.traced.append((position, entry))


def is_traced(line: Line, traced: tuple[str, ...] | None) -> bool:
    """Whether the rows that a line drops are asked for: none is by None, all are by ()."""
    return traced is not None and (not traced or line.name in traced)


def _entry(
    line: Line, number: int, row: Mapping[str, Any], values: Mapping[str, Any], keys: Sequence[str]
) -> dict[str, Any]:
    entry: dict[str, Any] = {"line": number}
    if row.get("id") is not None:
        entry["id"] = row["id"]
    entry |= {"rule": line.label, "values": dict(values), "bound": line.bounds}
    for key in keys:
        entry[key] = row.get(key)
    return entry


class DroppedRows:
    """Collects on disk, in `folder`, what `NAME_dropped.jsonl` will hold of `datasets`."""

    def __init__(
        self,
        settings: RunSettings,
        lines: Sequence[Line],
        datasets: Sequence[Path],
        folder: Path,
    ):
        self.settings = settings
        self.lines = lines
        # A record between passes knows its line, not its file
        self.place = {"file": str(datasets[0])} if len(datasets) == 1 else {}
        self.path = folder / "dropped"
        self.counts: collections.Counter[int] = collections.Counter()
        if settings.open_tracer:
            self.path.touch()

    def add(self, dataset: Path, done: Done) -> None:
        """Add what the filters dropped of a chunk of a data set."""
        if done.traced:
            self._append((position, {"file": str(dataset), **row}) for position, row in done.traced)

    def add_records(
        self, position: int, contents: Iterable[bytes], compared: Iterable[tuple[Any, ...]]
    ) -> None:
        """Add records that a line over all rows dropped, with the values that it compared."""
        line = self.lines[position]
        entries: list[tuple[int, dict[str, Any]]] = []
        for content, values in zip(contents, compared, strict=True):
            record = load_record(content)
            row = parse_row(self.settings.export, record.line, record.row)
            own = dict(zip(line.compared_fields, values, strict=False))
            entry = _entry(line, record.line, row, own, self.settings.trace_keys)
            entries.append((position, self.place | entry))
        self._append(entries)

    def _append(self, entries: Iterable[tuple[int, dict[str, Any]]]) -> None:
        limit = self.settings.trace_num
        with open(self.path, "ab") as stream:
            for position, entry in entries:
                self.counts[position] += 1
                if limit is None or self.counts[position] <= limit:
                    stream.write(dump_json(entry) + b"\n")

    def export(self) -> None:
        """Write `NAME_dropped.jsonl` if it was asked for."""
        if not self.settings.open_tracer:
            return
        path = self.settings.dropped_export
        with complete_or_absent(path) as temporary:
            shutil.copyfile(self.path, temporary)
        print(f"{self.counts.total():>9,} dropped, see {path}")
