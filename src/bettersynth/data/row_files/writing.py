"""Rows out: one file or several shards, of jsonl, json, parquet or webdataset tars."""

from __future__ import annotations

import contextlib
import io
import itertools
import json
import re
import tarfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bettersynth.data.files.jsonl_rows import dump_json
from bettersynth.data.files.writing import complete_or_absent
from bettersynth.data.pictures.decoding import BadImage, read_picture
from bettersynth.data.row_files.carried_pictures import ending_of
from bettersynth.data.row_files.tar_rows import PICTURES
from bettersynth.data.samples.sample_rows import RowForm
from bettersynth.errors import UserError

# 30 MB that a recipe's run does without
if TYPE_CHECKING:
    import pyarrow as pa

# each kind of file and the ending of its name
ENDINGS = {"jsonl": ".jsonl", "json": ".json", "parquet": ".parquet", "webdataset": ".tar"}
# rows of a parquet file in memory at a time
BATCH_ROWS = 1000


def kind_of(export: Path, export_type: str | None) -> str:
    """Return the kind of file of an export: the one asked for, or that of its name.

    Raises:
        UserError: the name says none that can be written.
    """
    if export_type:
        return export_type
    for kind, suffix in ENDINGS.items():
        if export.suffix.lower() == suffix:
            return kind
    raise UserError(
        f"export_path {export} must end in {', '.join(ENDINGS.values())}, "
        f"or export_type say what it is: {', '.join(ENDINGS)}"
    )


def shard_paths(export: Path, kind: str, shards: int) -> list[Path]:
    """Return the names of shards, with Data-Juicer's: `NAME-00-of-03.jsonl`."""
    digits = len(str(shards)) + 1
    paths: list[Path] = []
    for number in range(shards):
        name = f"{export.stem}-{number:0{digits}d}-of-{shards:0{digits}d}{ENDINGS[kind]}"
        paths.append(export.with_name(name))
    return paths


def older_shards(export: Path, kind: str) -> list[Path]:
    """Return the shards that an earlier run of the same export left."""
    name = re.compile(rf"{re.escape(export.stem)}-\d+-of-\d+{re.escape(ENDINGS[kind])}")
    if not export.parent.is_dir():
        return []
    return sorted(path for path in export.parent.iterdir() if name.fullmatch(path.name))


def shard_sizes(rows: int, shards: int) -> list[int]:
    """Return the rows of each of `shards` parts in order; the first have one more if any."""
    each, more = divmod(rows, shards)
    return [each + 1 if number < more else each for number in range(shards)]


def write_rows(
    export: Path,
    kind: str,
    sizes: Sequence[int],
    rows: Iterable[bytes],
    form: RowForm,
    columns: pa.Schema | None = None,
) -> list[Path]:
    """Write rows of JSON into `export`, or into shards of `sizes` rows; return the files.

    All files are there at the end, or none. `columns` are those of `columns_of`, for parquet.

    Raises:
        UserError: a field has values that no column can hold, or a picture cannot be read.
    """
    paths = shard_paths(export, kind, len(sizes)) if sizes else [export]
    stream = iter(rows)
    with contextlib.ExitStack() as stack:
        start = 0
        for path, size in zip(paths, sizes or [None], strict=True):
            temporary = stack.enter_context(complete_or_absent(path))
            part = itertools.islice(stream, size)
            if kind == "parquet":
                _write_parquet(temporary, part, columns)
            elif kind == "webdataset":
                _write_tar(temporary, part, form, export.parent, start)
            else:
                _write_json(temporary, part, kind)
            start += size or 0
    for path in older_shards(export, kind) if sizes else ():
        if path not in paths:
            path.unlink()
    return paths


def _write_json(path: Path, rows: Iterable[bytes], kind: str) -> None:
    with open(path, "wb") as stream:
        if kind == "jsonl":
            for row in rows:
                stream.write(row + b"\n")
            return
        before = b"["
        for row in rows:
            stream.write(before + row)
            before = b",\n"
        stream.write(b"]\n" if before != b"[" else b"[]\n")


def _batches(rows: Iterable[bytes]) -> Iterator[list[dict[str, Any]]]:
    stream = iter(rows)
    while some := list(itertools.islice(stream, BATCH_ROWS)):
        yield [_without_empty(json.loads(row)) for row in some]


def _without_empty(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row with null for mappings without a field, which no column of parquet can hold."""
    filled: dict[str, Any] = {}
    for name, value in row.items():
        filled[name] = (_without_empty(value) or None) if isinstance(value, dict) else value
    return filled


def columns_of(rows: Iterable[bytes]) -> pa.Schema:
    """Return the columns of rows of JSON: each field with a type that holds all of its values.

    Raises:
        UserError: no type does.
    """
    import pyarrow as pa

    schema = pa.schema([])
    for batch in _batches(rows):
        for name in dict.fromkeys(itertools.chain.from_iterable(batch)):
            values = [row.get(name) for row in batch]
            try:
                found = pa.schema([(name, pa.array(values).type)])
                schema = pa.unify_schemas([schema, found], promote_options="permissive")
            except (pa.ArrowException, OverflowError, UnicodeEncodeError) as error:
                raise _no_column(name, error) from None
    return schema


def _no_column(name: str, error: Exception) -> UserError:
    return UserError(
        f"the field {name} has values that one column of parquet cannot hold "
        f"({str(error).splitlines()[0]}); export .jsonl, which takes any"
    )


def _write_parquet(path: Path, rows: Iterable[bytes], schema: pa.Schema) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetWriter(path, schema, compression="zstd") as writer:
            for batch in _batches(rows):
                writer.write_batch(pa.RecordBatch.from_pylist(batch, schema=schema))
    except (pa.ArrowException, OverflowError) as error:
        first_line = str(error).splitlines()[0]
        raise UserError(f"rows cannot be written as parquet: {first_line}; export .jsonl") from None


def _write_tar(path: Path, rows: Iterable[bytes], form: RowForm, folder: Path, start: int) -> None:
    """Write samples as KEY.json, KEY.txt (the words alone) and KEY.jpg or KEY.0.jpg, ...

    `folder` is what picture paths are relative to, `start` the number of the first row.
    """
    with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as archive:
        for number, content in enumerate(rows, start):
            row = json.loads(content)
            names = row.pop(form.image_key, None) or []
            key = f"{number:09d}"
            for position, name in enumerate(names):
                try:
                    picture = read_picture(folder / name)
                except BadImage as error:
                    raise UserError(f"{name} cannot be put into {path.name}: {error}") from None
                nth = f".{position}" if len(names) > 1 else ""
                add_member(archive, f"{key}{nth}{picture_ending(name, picture)}", picture)
            words = form.tokens.strip(str(row.get(form.text_key) or ""))
            add_member(archive, f"{key}.txt", words.encode("utf-8", "surrogatepass"))
            add_member(archive, f"{key}.json", dump_json(row))


def picture_ending(name: str, content: bytes) -> str:
    """Return the ending of a picture's name, or that of its kind where the name has none."""
    suffix = Path(name).suffix.lower()
    return suffix if suffix[1:] in PICTURES else ending_of(content)


def add_member(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    """Add a file to a tar."""
    # no owner and no time: equal rows, equal bytes
    member = tarfile.TarInfo(name)
    member.size = len(content)
    archive.addfile(member, io.BytesIO(content))
