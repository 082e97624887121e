"""The files that a recipe's rows are read from: as they are, or one of rows drawn from them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bettersynth.data.files.overwriting import refuse_overwriting
from bettersynth.data.row_files.data_set import dataset_files
from bettersynth.data.row_files.drawing import rows_of_each, write_drawn
from bettersynth.recipes.engine.needed_fields import require_fields
from bettersynth.recipes.engine.run_settings import RunSettings
from bettersynth.recipes.lines import Line


def files_to_read(settings: RunSettings, lines: Sequence[Line]) -> list[Path]:
    """Return the files of the data set; where rows are drawn, `NAME_drawn.jsonl` with them.

    Raises:
        UserError: there is no file, a source has no row to draw, or no row has a field that the
            lines read.
    """
    datasets = settings.datasets
    if settings.drawn_rows is not None:
        refuse_overwriting({"the drawn rows of dataset": settings.drawn_export}, datasets)
        _draw(settings, settings.drawn_rows)
        datasets = [settings.drawn_export]
    require_fields(lines, settings.reader, datasets)
    return datasets


def _draw(settings: RunSettings, rows: int) -> None:
    """Write `NAME_drawn.jsonl`, with so many rows of the sources by their weights."""
    files: list[list[Path]] = []
    for source in settings.sources:
        files.append(dataset_files(source.path, settings.read_suffixes))
    shares = rows_of_each([source.weight for source in settings.sources], rows)
    write_drawn(settings.drawn_export, files, shares, settings.reader)
    for source, share in zip(settings.sources, shares, strict=True):
        print(f"{share:>9,} rows drawn from {source.path}")
