"""Rows without the lines of text that many of them share: known once all rows have been read."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bettersynth.data.files.jsonl_rows import dump_json
from bettersynth.data.samples.sample_rows import RowForm
from bettersynth.recipes.engine.needed_fields import text_key_of
from bettersynth.recipes.engine.passes import CHUNK
from bettersynth.recipes.engine.records import Record, RecordFile, load_record
from bettersynth.recipes.lines import Line


def keys_of_lines(
    line: Line, rows: Sequence[dict[str, Any]], form: RowForm
) -> list[tuple[bytes, ...]]:
    """Return the keys of the lines of each row's text that may go, each once."""
    text_key = text_key_of(line, form)
    keys: list[tuple[bytes, ...]] = []
    for row in rows:
        of_text = line.operator.line_keys(row.get(text_key) or "", line.deciding, form.tokens)
        keys.append(tuple(set(of_text) - {b""}))
    return keys


@dataclass
class CommonLines:
    """How many rows hold each line of text, and the rows without those that too many hold."""

    line: Line
    form: RowForm
    rows_by_key: Counter[bytes] = field(default_factory=Counter)

    def add(self, keys: Sequence[tuple[Any, ...]]) -> None:
        """Count the lines of some rows, each once a row."""
        for of_row in keys:
            self.rows_by_key.update(of_row)

    def removed(self, before: RecordFile, path: Path) -> RecordFile:
        """Return the records at `path` with their texts rewritten, and say what was removed."""
        operator, settings = self.line.operator, self.line.deciding
        common = operator.common_keys(self.rows_by_key, settings)
        text_key = text_key_of(self.line, self.form)
        after = RecordFile(path)
        changed = 0
        for chunk in before.chunks(CHUNK):
            records: list[bytes] = []
            for content in chunk:
                record = load_record(content)
                row = json.loads(record.row)
                old = row.get(text_key) or ""
                new = operator.without_lines(old, common, settings, self.form.tokens)
                if new != old:
                    changed += 1
                    row[text_key] = new
                    written = Record(dump_json(row), record.stats, record.hashes, record.line)
                    content = written.dump()
                records.append(content)
            after.append(records)
        after.close()
        print(
            f"          {self.line.label}: {len(common):,} lines in more than "
            f"{settings.frequency_threshold} rows, removed from {changed:,} rows"
        )
        return after
