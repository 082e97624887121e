"""What every filter of a recipe measures, as a folder: one page and its tables.

The folder holds `page.html overview.tsv quantiles.tsv histograms.tsv correlation.tsv examples.tsv
stats.parquet`, and `refined.yaml` if bounds are to follow the data.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import yaml

from bettersynth.data.files.overwriting import refuse_overwriting
from bettersynth.data.files.spreadsheets import plain_cell
from bettersynth.data.files.whole_folder import whole_folder
from bettersynth.data.files.writing import complete_or_absent, write_table
from bettersynth.data.tables.stats import columns_of
from bettersynth.errors import UserError
from bettersynth.experiments.report.analysis_part import page
from bettersynth.recipes.analysis import (
    Analysis,
    correlation,
    examples,
    histograms,
    overview,
    quantiles,
)
from bettersynth.recipes.engine.run_settings import read_run
from bettersynth.recipes.gathering import gather_dataset, gather_pool, measured_positions
from bettersynth.recipes.lines import Line
from bettersynth.recipes.refine import refine_line, refined_entry
from bettersynth.settings.filter import FilterSettings
from bettersynth.settings.reading import load_params, read_settings
from bettersynth.settings.refine import RefineSettings

TABLES = ("overview", "quantiles", "histograms", "correlation", "examples")
FILES = {f"{table}.tsv" for table in TABLES} | {"page.html", "stats.parquet", "refined.yaml"}
QUANTILES = (0.0, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1.0)


def analyze_recipe(
    path: Path, output: Path | None, rule: RefineSettings, more_quantiles: Sequence[float]
) -> None:
    """Analyse the data set of a recipe, into `output` or `NAME_analysis` beside the export.

    Raises:
        UserError: whatever `bettersynth run` would say of the recipe and its data, no filter in it,
            or a folder that is no analysis.
    """
    settings, lines = read_run(path)
    positions = measured_positions(lines)
    if not any(lines[position].kind == "filter" for position in positions):
        raise UserError(f"{path}: process has no filter, so there is nothing to analyse")
    folder = output or settings.export.with_name(f"{settings.export.stem}_analysis")
    require_analysis(folder)
    outputs = {f"--output's {name}": folder / name for name in FILES}
    refuse_overwriting(outputs, [path, *settings.datasets])
    analysis = gather_dataset(settings, lines, positions)
    write_analysis(analysis, folder, settings.data_set_name, more_quantiles)
    if rule.rule:
        recipe = load_params(path)
        recipe["process"] = refined_process(settings.process, lines, analysis, rule)
        header = (
            f"# {path}, its bounds refined by {described(rule)} "
            f"on {len(analysis.ids):,} samples of {settings.data_set_name}\n"
        )
        content = yaml.safe_dump(recipe, sort_keys=False, allow_unicode=True)
        with complete_or_absent(folder / "refined.yaml") as temporary:
            temporary.write_text(header + content, encoding="utf-8")
        print(f"{folder / 'refined.yaml'}: bettersynth run takes it")


def analyze_pool(
    output: Path | None, rule: RefineSettings, more_quantiles: Sequence[float]
) -> None:
    """Analyse what the pipeline measured on its pool, against the recipe in `params.yaml`.

    Raises:
        UserError: a stage has not run yet.
    """
    params = load_params()
    settings = read_settings(FilterSettings, params.get("filter"), "params.yaml: filter")
    folder = output or Path("results/analysis")
    write_analysis(gather_pool(settings, params), folder, "data/pool", more_quantiles)
    if rule.rule:
        print(f"in an experiment: dvc exp run -S refine={rule.rule}")


def described(rule: RefineSettings) -> str:
    """Return how bounds were refined, in words."""
    if rule.rule == "k_sigma":
        return f"mean and {rule.k:g} deviations"
    return f"the quantiles {rule.low:g} and {rule.high:g}"


def refined_process(
    process: Sequence[Any], lines: Sequence[Line], analysis: Analysis, rule: RefineSettings
) -> list[Any]:
    """Return the recipe with the ends of its filters moved; prints what moved."""
    entries: list[Any] = []
    for entry, line in zip(process, lines, strict=True):
        values = analysis.values_of(line) if line.kind == "filter" else {}
        moved = refine_line(line, values, rule)
        if moved is not line:
            print(f"{line.label}: {line.bounds} -> {moved.bounds}")
            entry = refined_entry(moved, entry)
        entries.append(entry)
    return entries


def write_analysis(
    analysis: Analysis, folder: Path, source: str, more_quantiles: Sequence[float]
) -> None:
    """Write the tables and the page as one folder, complete or not at all.

    An older folder of this name is replaced.

    Raises:
        UserError: no sample could be measured, or the folder is no analysis.
    """
    if not analysis.ids:
        raise UserError(f"{source} holds no sample that can be measured")
    require_analysis(folder)
    asked = sorted({*QUANTILES, *more_quantiles})
    tables = {
        "overview": overview(analysis),
        "quantiles": quantiles(analysis, asked),
        "histograms": histograms(analysis),
        "correlation": correlation(analysis),
        "examples": examples(analysis, asked),
    }
    with whole_folder(folder) as fresh:
        _write_files(fresh, analysis, tables, source)
    print(tables["overview"].to_string(index=False, float_format=lambda value: f"{value:.4g}"))
    aside = f", {analysis.rejected:,} set aside" if analysis.rejected else ""
    print(f"{folder / 'page.html'}: {len(analysis.ids):,} samples{aside}")


def require_analysis(folder: Path) -> None:
    """Pass if a folder is not there, or holds an older analysis and nothing else.

    Raises:
        UserError: it holds something that would be lost.
    """
    if not folder.exists():
        return
    others = [folder.name] if not folder.is_dir() else sorted(set(os.listdir(folder)) - FILES)
    if others or not (folder / "overview.tsv").is_file():
        more = f" ({others[0]} is none of its files)" if others else ""
        raise UserError(
            f"{folder} exists and is no analysis{more}; name another folder with --output"
        )


def _write_files(
    folder: Path, analysis: Analysis, tables: dict[str, pd.DataFrame], source: str
) -> None:
    for name, table in tables.items():
        # A row of the correlations is named by its stat, those of the others are not named
        cells = table.rename(index=plain_cell, columns=plain_cell).map(plain_cell)
        cells.to_csv(folder / f"{name}.tsv", sep="\t", index=name == "correlation")
    columns = columns_of(analysis.stats)
    write_table(folder / "stats.parquet", pa.table({"id": analysis.ids, **columns}))
    (folder / "page.html").write_text(page(analysis, tables, source), encoding="utf-8")
