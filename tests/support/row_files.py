"""Small files of rows in the forms that a data set may have."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from bettersynth.data.row_files.carried_pictures import CarriedPictures
from bettersynth.data.row_files.reading import RowReader
from bettersynth.data.samples.sample_rows import RowForm

PNG = b"\x89PNG\r\n\x1a\n no more than its first bytes"


def rows_of(path: Path, **form: str) -> list[dict[str, Any]]:
    """Return the rows of a file; pictures that it carries go into `kept` beside it."""
    reader = RowReader(RowForm(**form), CarriedPictures(path.parent / "kept"))
    numbers, contents = zip(*reader.rows(path), strict=True)
    assert list(numbers) == sorted(numbers)
    return [json.loads(content) for content in contents]


def write_tar(path: Path, members: Mapping[str, bytes]) -> None:
    with tarfile.open(path, "w") as archive:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))


def write_saved_folder(folder: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write rows as Hugging Face's `save_to_disk` does: two arrow streams and their state."""
    folder.mkdir()
    half = len(rows) // 2
    names = ["data-00000-of-00002.arrow", "data-00001-of-00002.arrow"]
    for name, part in zip(names, (rows[:half], rows[half:]), strict=True):
        table = pa.Table.from_pylist(list(part))
        with pa.ipc.new_stream(folder / name, table.schema) as stream:
            stream.write_table(table)
    state = {"_data_files": [{"filename": name} for name in names]}
    (folder / "state.json").write_text(json.dumps(state))
    (folder / "dataset_info.json").write_text("{}")
