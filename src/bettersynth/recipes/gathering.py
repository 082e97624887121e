"""Gathering what the filters of a recipe measure of every sample, none dropped, for an analysis."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

from bettersynth.data.files.jsonl_rows import parse_row
from bettersynth.data.pictures.decoding import read_picture
from bettersynth.data.pictures.images import ImageStore
from bettersynth.data.samples.pool_samples import read_pool
from bettersynth.data.samples.sample_rows import name_of
from bettersynth.data.tables.samples import POOL_IMAGES
from bettersynth.data.tables.stats import read_stats
from bettersynth.recipes.analysis import Analysis
from bettersynth.recipes.engine.data_files import files_to_read
from bettersynth.recipes.engine.passes import CHUNK
from bettersynth.recipes.engine.records import load_record
from bettersynth.recipes.engine.run import plan_of
from bettersynth.recipes.engine.run_settings import RunSettings
from bettersynth.recipes.engine.workers import run_chunks
from bettersynth.recipes.lines import Line
from bettersynth.recipes.pool_recipe import pool_values, read_pool_recipe
from bettersynth.recipes.stats_section import operator_of
from bettersynth.settings.filter import FilterSettings


def measured_positions(lines: Sequence[Line]) -> tuple[int, ...]:
    """Return the positions of the filters with stats, and of the mappers that change their text."""
    # deduplicators and selectors are left out: an analysis drops no row
    positions: list[int] = []
    for position, line in enumerate(lines):
        if line.kind == "mapper" or (line.kind == "filter" and line.operator.STATS):
            positions.append(position)
    return tuple(positions)


def gather_dataset(
    settings: RunSettings, lines: Sequence[Line], positions: tuple[int, ...]
) -> Analysis:
    """Return what the lines at `positions` measure of the data set of a recipe.

    Raises:
        UserError: whatever `bettersynth run` would say of the data.
    """
    datasets = files_to_read(settings, [lines[position] for position in positions])
    folder = settings.export.parent
    # pictures are found from there, `../pictures/1.png`: from a folder that is not there, none is
    folder.mkdir(parents=True, exist_ok=True)
    analysis = Analysis(lambda name: read_picture(folder / name))
    # one mapping a sample
    stats: list[dict[str, Any]] = []
    for dataset in datasets:
        plan = plan_of(settings, positions, dataset, measure_only=True)
        chunks = settings.reader.chunks(dataset, CHUNK)
        with tqdm(desc=dataset.name, unit="row", mininterval=1, disable=None) as bar:
            for done in run_chunks(plan, chunks, settings.launch):
                bar.update(done.rows)
                analysis.rejected += len(done.rejects)
                for content in done.records:
                    stats.append(_add_sample(analysis, settings, dataset, content))
    for position in positions:
        if lines[position].kind == "filter":
            _add_columns(analysis, lines[position], stats)
    return analysis


def _add_sample(
    analysis: Analysis, settings: RunSettings, dataset: Path, content: bytes
) -> dict[str, Any]:
    """Add one record's sample to the analysis; return its stats."""
    record = load_record(content)
    row = parse_row(dataset, record.line, record.row)
    name = name_of(row, record.line)
    # half a surrogate pair is no text
    analysis.ids.append(name.encode(errors="replace").decode())
    analysis.texts.append(str(row.get(settings.form.text_key) or ""))
    analysis.pictures.append(list(row.get(settings.form.image_key) or []))
    return record.stats


def _add_columns(analysis: Analysis, line: Line, stats: Sequence[dict[str, Any]]) -> None:
    """Add the columns of the stats that a line measured of any sample."""
    for name in line.operator.STATS:
        stat = name + line.suffix
        if any(stat in known for known in stats):
            analysis.lines[stat] = line
            analysis.stats[stat] = [known.get(stat) for known in stats]


def gather_pool(settings: FilterSettings, params: dict[str, Any]) -> Analysis:
    """Return what the pipeline measured of its pool, against the recipe in `filter`.

    Raises:
        UserError: a stage has not run yet.
    """
    lines = [line for line in read_pool_recipe(settings, params) if line.kind == "filter"]
    pool = read_pool()
    ids = pool["id"].to_pylist()
    analysis = Analysis(
        ImageStore(POOL_IMAGES).read,
        ids,
        pool["text"].to_pylist(),
        pool["images"].to_pylist(),
    )
    # of a stat that is named twice the last line stands for its stored values
    last_line = {line.table: line for line in lines if line.stored}
    section = params.get("stats") or {}
    for name in sorted(section):
        if not operator_of(section, name).endswith("_filter"):
            continue
        for stat, column in read_stats(name, ids).items():
            analysis.stats[stat] = column
            if name in last_line:
                analysis.lines[stat] = last_line[name]
    values = pool_values(lines, pool)
    for line in lines:
        if line.stored:
            continue
        for stat, column in values[line.label].items():
            analysis.stats[stat + line.suffix] = column
            analysis.lines[stat + line.suffix] = line
    # stats are in the order of their names, lines in that of the recipe
    places = {line.label: place for place, line in enumerate(lines)}
    ordered = sorted(analysis.lines.items(), key=lambda named: places[named[1].label])
    analysis.lines = dict(ordered)
    return analysis
