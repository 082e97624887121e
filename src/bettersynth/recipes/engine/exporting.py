"""What a run leaves: the rows in the form that was asked for, and their stats beside them."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from bettersynth.data.files.jsonl_rows import dump_json
from bettersynth.data.files.writing import complete_or_absent
from bettersynth.data.row_files.writing import columns_of, older_shards, shard_sizes, write_rows
from bettersynth.data.samples.sample_rows import STATS_FIELD
from bettersynth.errors import UserError
from bettersynth.recipes.engine.passes import CHUNK
from bettersynth.recipes.engine.records import Record, RecordFile, load_record
from bettersynth.recipes.engine.run_settings import RunSettings


def outputs_of(settings: RunSettings) -> dict[str, Path]:
    """Return every file that a run writes or removes, by the setting that names it."""
    outputs = {
        "export_path": settings.export,
        "the stats of export_path": settings.stats_export,
        "the rejects of export_path": settings.rejects_export,
    }
    if settings.open_tracer:
        outputs["open_tracer's file"] = settings.dropped_export
    if settings.export_shard_size:
        for shard in older_shards(settings.export, settings.export_kind):
            outputs[f"the shard {shard.name} of export_path"] = shard
    return outputs


def require_export_folder(settings: RunSettings) -> None:
    """Pass if the folder of the export is one, or can be made where there is nothing yet.

    Raises:
        UserError: a file stands where it or a folder above it must be.
    """
    for folder in (settings.export.parent, *settings.export.parent.parents):
        # a link to nothing is in the way too
        if os.path.lexists(folder):
            if not folder.is_dir():
                raise UserError(
                    f"export_path {settings.export}: {folder} is no folder; "
                    "move it away, or name another folder"
                )
            return


def export_rows(settings: RunSettings, records: RecordFile) -> None:
    """Write the records as rows, in one file or in shards, and `NAME_stats.jsonl`.

    Raises:
        UserError: the kind of file cannot hold a row.
    """
    kind = settings.export_kind
    sizes: list[int] = []
    if settings.export_shard_size:
        sizes = shard_sizes(len(records), _shards(settings, records))
    columns = None
    if kind == "parquet":
        columns = columns_of(_row(settings, record) for record in _records(records))
    stats_path = settings.stats_export
    with complete_or_absent(stats_path) as temporary, open(temporary, "wb") as stats:
        rows = _rows_and_stats(settings, records, stats)
        paths = write_rows(settings.export, kind, sizes, rows, settings.form, columns)
    where = str(paths[0])
    if len(paths) > 1:
        where = f"{len(paths)} files, {paths[0]} to {paths[-1].name}"
    print(f"{len(records):>9,} rows in {where}")


def _shards(settings: RunSettings, records: RecordFile) -> int:
    """Return how many shards of about `export_shard_size` bytes of JSON the rows fill."""
    size = sum(len(_row(settings, record)) + 1 for record in _records(records))
    return max(1, min(size // settings.export_shard_size + 1, len(records)))


def _records(records: RecordFile) -> Iterator[Record]:
    return map(load_record, itertools.chain.from_iterable(records.chunks(CHUNK)))


def _rows_and_stats(settings: RunSettings, records: RecordFile, stats: BinaryIO) -> Iterator[bytes]:
    """Yield the json of each row, and write its stats."""
    for record in _records(records):
        stats.write(dump_json({STATS_FIELD: record.stats}) + b"\n")
        yield _row(settings, record)


def _row(settings: RunSettings, record: Record) -> bytes:
    extra: dict[str, Any] = {}
    if settings.keep_stats_in_res_ds:
        extra[STATS_FIELD] = record.stats
    if settings.keep_hashes_in_res_ds:
        extra |= record.hashes
    return with_fields(record.row, extra)


def with_fields(row: bytes, extra: dict[str, Any]) -> bytes:
    """Return the json of a row with further fields at its end; the rest stays byte for byte."""
    if not extra:
        return row
    # without the closing brace
    head = row.rstrip()[:-1].rstrip()
    return head + (b"" if head == b"{" else b", ") + dump_json(extra)[1:]
