"""A field that lines read and no row has is a mistake, told before the first line runs.

Such as captions under another name: a text would count as empty and a picture as passed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from bettersynth.data.files.compressed import ending
from bettersynth.data.files.jsonl_rows import parse_row
from bettersynth.data.row_files.reading import TABLE_ENDINGS, RowReader
from bettersynth.data.row_files.table_rows import table_columns
from bettersynth.data.row_files.tar_rows import first_kinds
from bettersynth.data.samples.sample_rows import STATS_FIELD, SUFFIX_FIELD, RowForm
from bettersynth.errors import UserError
from bettersynth.measuring.field_values import field_value
from bettersynth.measuring.measure import reads_of
from bettersynth.recipes.lines import Line

TAR = ".tar"


def require_fields(lines: Sequence[Line], reader: RowReader, datasets: Sequence[Path]) -> None:
    """Pass if there are rows, and at least one has a value in each field that the lines read.

    Rows are read up to the first that has them all, which most often is the first of all; none is
    where the columns of all files say it.

    Raises:
        UserError: there is no row, or a field that none has.
    """
    form = reader.form
    lacking = needed_fields(lines, form)
    keys: set[str] = set()
    for line in lines:
        keys.update(_keys_of(line, form))
    names = ", ".join(map(str, datasets))
    columns = _columns_of(datasets)
    # reading the rows would write the pictures that they carry, perhaps gigabytes of them
    absent = [path for path in lacking if columns and not _may_have(columns, path, path in keys)]
    first: dict[str, Any] | None = columns if absent else None
    for dataset, row in () if absent else _rows(reader, datasets):
        first = row if first is None else first
        for path in list(lacking):
            # a row of a tar always lists its pictures, be there none
            without = ending(dataset) == TAR and row.get(path) == []
            if _has(row, path, path in keys) and not without:
                del lacking[path]
        if not lacking:
            return
    if first is None:
        raise UserError(f"{names} holds no row")
    path = next(iter(absent or lacking))
    if first.get(path) == [] and ending(datasets[0]) == TAR:
        raise UserError(
            f"no sample of {names} has a picture, which {lacking[path]} reads; "
            f"the first has: {', '.join(first_kinds(datasets[0]))}"
        )
    raise UserError(
        f"no row of {names} has the field {path}, which {lacking[path]} reads; "
        f"{_advice(first, path, lines, form, datasets[0])}"
    )


def _columns_of(datasets: Sequence[Path]) -> dict[str, Any]:
    """Return the columns of all files, each with null; nothing where one of them has none."""
    columns: dict[str, Any] = {}
    for dataset in datasets:
        if ending(dataset) not in TABLE_ENDINGS:
            return {}
        columns |= dict.fromkeys(table_columns(dataset).names)
    return columns


def _may_have(columns: Mapping[str, Any], path: str, is_key: bool) -> bool:
    """Whether a row of these columns may have a value at a dot path, or under a key."""
    return path in columns or (not is_key and path.partition(".")[0] in columns)


def needed_fields(lines: Sequence[Line], form: RowForm) -> dict[str, str]:
    """Return the dot paths and keys that lines read in rows, and the first line that reads each."""
    needed: dict[str, str] = {}
    # what the lines before give every row
    made = {SUFFIX_FIELD}
    for line in lines:
        for path in [*_paths_of(line), *_keys_of(line, form)]:
            if path not in made:
                needed.setdefault(path, line.label)
        made |= {f"{STATS_FIELD}.{stat}" for stat in getattr(line.operator, "STATS", ())}
        if line.measures and line.kind == "filter" and not line.operator.STATS:
            made |= {f"{STATS_FIELD}.{path}" for path in line.operator.fields_read(line.measuring)}
        if line.generates:
            made |= {text_key_of(line, form), image_key_of(line, form)}
    return needed


def text_key_of(line: Line, form: RowForm) -> str:
    """Return the key of the text that a line reads: its own, or that of the recipe."""
    return line.text_key or form.text_key


def image_key_of(line: Line, form: RowForm) -> str:
    """Return the key of the pictures that a line reads: its own, or that of the recipe."""
    return line.image_key or form.image_key


def line_reads(line: Line) -> tuple[str, ...]:
    """Return what a line reads of a row: "text", "images", "fields"."""
    if line.measures:
        return reads_of(line.operator, line.measuring)
    if line.kind == "selector":
        return ()
    return tuple(getattr(line.operator, "READS", ("text",)))


def _paths_of(line: Line) -> list[str]:
    """Return the dot paths that a line reads in the rows."""
    paths = list(line.compared_fields)
    if hasattr(line.operator, "fields_read"):
        paths += line.operator.fields_read(line.measuring)
    return paths


def _keys_of(line: Line, form: RowForm) -> list[str]:
    """Return the keys that a line reads in the rows: a point in one leads to no other field."""
    reads = line_reads(line)
    own: list[str] = []
    if hasattr(line.operator, "keys_read"):
        own += line.operator.keys_read(line.deciding)
    if "images" in reads:
        own.append(image_key_of(line, form))
    # The words of a picture that is to be drawn may come from another field
    drawn_from = getattr(line.deciding, "caption_key", None)
    if "text" in reads and not drawn_from:
        own.append(text_key_of(line, form))
    return own


def _rows(reader: RowReader, datasets: Sequence[Path]) -> Iterator[tuple[Path, dict[str, Any]]]:
    for dataset in datasets:
        for number, content in reader.rows(dataset):
            yield dataset, parse_row(dataset, number, content)


def _has(row: dict[str, Any], path: str, is_key: bool) -> bool:
    """Whether a row has a value at a dot path, or under a key; null is none."""
    # a key is the name of a field, with its points if it has any
    if is_key:
        return row.get(path) is not None
    try:
        return field_value(row, path) is not None
    except UserError:
        return False


def _advice(
    first: dict[str, Any], path: str, lines: Sequence[Line], form: RowForm, dataset: Path
) -> str:
    """Return what to do about a field that no row has, in words."""
    if "conversations" in first:
        file = dataset if dataset.suffix == ".json" else "LLAVA.json"
        return (
            f"this is LLaVA's form: `bettersynth convert {file} pairs.jsonl` makes rows with text "
            "and images of such a list"
        )
    setting = {form.text_key: "text_keys", form.image_key: "image_key"}.get(path, "")
    for line in lines:
        if path in (line.text_key, line.image_key):
            setting = "text_key" if path == line.text_key else "image_key"
    named = f"{setting} names it; " if setting else ""
    return f"{named}the fields of the first row are: {', '.join(first) or 'none'}"
