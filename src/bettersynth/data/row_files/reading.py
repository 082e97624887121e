"""One way to the rows of a data set, whatever its files are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bettersynth.data.files.compressed import COMPRESSIONS, ending
from bettersynth.data.files.jsonl_rows import count_rows, numbered_rows
from bettersynth.data.row_files.carried_pictures import CarriedPictures
from bettersynth.data.row_files.lance_tables import LANCE
from bettersynth.data.row_files.row_file import require_utf8
from bettersynth.data.row_files.table_rows import count_table_rows, table_rows
from bettersynth.data.row_files.tar_rows import tar_rows
from bettersynth.data.samples.sample_rows import RowForm

TEXT_ENDINGS = (
    ".jsonl", ".json", ".jsonl.gz", ".json.gz", ".jsonl.zst", ".json.zst",
)  # fmt: skip
TABLE_ENDINGS = (".parquet", ".arrow", LANCE)
TAR_ENDINGS = (".tar",)
# of all files that rows can be read from
ROW_ENDINGS = TEXT_ENDINGS + TABLE_ENDINGS + TAR_ENDINGS


@dataclass(frozen=True)
class RowReader:
    """Reads rows as JSON; pictures that a file carries are written to `pictures` once."""

    form: RowForm
    pictures: CarriedPictures

    def rows(self, path: Path) -> Iterator[tuple[int, bytes]]:
        """Yield the number, from 1 on, and the JSON of each row of a file.

        Raises:
            FileNotFoundError: no such file.
            UserError: it is damaged, text but not UTF-8, or a row cannot be one of JSON.
        """
        kind = ending(path)
        if kind in TABLE_ENDINGS:
            return table_rows(path, self.form.image_key, self.pictures)
        if kind in TAR_ENDINGS:
            return tar_rows(path, self.form, self.pictures)
        require_utf8(path)
        return numbered_rows(path)

    def chunks(self, path: Path, size: int) -> Iterator[list[tuple[int, bytes]]]:
        """Yield lists of at most `size` rows as `rows` gives them."""
        chunk: list[tuple[int, bytes]] = []
        for row in self.rows(path):
            chunk.append(row)
            if len(chunk) == size:
                yield chunk
                chunk = []
        if chunk:
            yield chunk


def about_rows(path: Path) -> int | None:
    """Return about how many rows a file has; None where only reading it would tell."""
    kind = ending(path)
    if kind in TABLE_ENDINGS:
        return count_table_rows(path)
    if kind in TAR_ENDINGS or kind.endswith(COMPRESSIONS):
        return None
    return count_rows(path)
