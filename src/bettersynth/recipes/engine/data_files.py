"""The files that a recipe's rows are read from: as they are, or one of rows drawn from them."""

from __future__ import annotations

from pathlib import Path

from bettersynth.data.files.overwriting import refuse_overwriting
from bettersynth.data.row_files.data_set import dataset_files
from bettersynth.data.row_files.drawing import rows_of_each, write_drawn
from bettersynth.recipes.engine.run_settings import RunSettings


def files_to_read(settings: RunSettings) -> list[Path]:
    """Return the files of the data set; where rows are drawn, `NAME_drawn.jsonl` with them.

    Raises:
        UserError: there is no file, or a source has no row to draw.
    """
    if settings.drawn_rows is None:
        return settings.datasets
    files: list[list[Path]] = []
    for source in settings.sources:
        files.append(dataset_files(source.path, settings.read_suffixes))
    refuse_overwriting({"the drawn rows of dataset": settings.drawn_export}, settings.datasets)
    shares = rows_of_each([source.weight for source in settings.sources], settings.drawn_rows)
    write_drawn(settings.drawn_export, files, shares, settings.reader)
    for source, share in zip(settings.sources, shares, strict=True):
        print(f"{share:>9,} rows drawn from {source.path}")
    return [settings.drawn_export]
