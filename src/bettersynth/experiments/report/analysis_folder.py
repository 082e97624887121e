"""`bettersynth analyze`: what every filter of a recipe measures on all samples, before anything is dropped.

Writes a folder with one page and its tables: `page.html overview.tsv quantiles.tsv histograms.tsv correlation.tsv examples.tsv
stats.parquet`, and `refined.yaml` if bounds are to follow the data.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import yaml
from tqdm import tqdm

from bettersynth.data.files.jsonl_rows import load_record, parse_row, read_chunks
from bettersynth.data.files.writing import complete_or_absent, write_table
from bettersynth.data.pictures.images import ImageStore
from bettersynth.data.samples.batch import Tokens
from bettersynth.errors import UserError
from bettersynth.experiments.report.analysis_part import page
from bettersynth.measuring.stat_tables import POOL_IMAGES, column_of, read_pool, read_values
from bettersynth.recipes import refine
from bettersynth.recipes.analysis import (
    Analysis,
    correlation,
    examples,
    histograms,
    overview,
    quantiles,
)
from bettersynth.recipes.engine.row_runner import Pass
from bettersynth.recipes.engine.run import CHUNK, dataset_files, read_run, run_chunks
from bettersynth.recipes.lines import Line
from bettersynth.settings.filter import FilterSettings
from bettersynth.settings.reading import load_params, read_settings, threads
from bettersynth.settings.refine import RefineSettings
from bettersynth.steps import filter as filter_step

QUANTILES = (0.0, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1.0)


def analyze_recipe(
    path: Path, output: Path | None, rule: RefineSettings, more_quantiles: Sequence[float]
) -> None:
    """Analyse the data set of a recipe; the folder is `output` or `NAME_analysis` beside the export.

    Raises:
        UserError: whatever `bettersynth run` would say of the recipe and its data, or no filter in it.
    """
    settings, lines = read_run(path)
    measured = [
        k
        for k, line in enumerate(lines)
        if line.kind == "mapper" or (line.kind == "filter" and line.operator.STATS)
    ]
    if not any(lines[k].kind == "filter" for k in measured):
        raise UserError(f"{path}: process has no filter, so there is nothing to analyse")
    export = Path(settings.export_path)
    analysis = Analysis([], [], [], _reader(export.parent), {}, {})
    key = settings.text_keys if isinstance(settings.text_keys, str) else settings.text_keys[0]
    tokens = Tokens(settings.image_special_token, settings.eoc_special_token)
    found: list[dict[str, Any]] = []
    for dataset in dataset_files(settings.dataset_path):
        plan = Pass(
            settings.process,
            tuple(measured),
            dataset,
            export.parent,
            key,
            settings.image_key,
            tokens,
            settings.compat,
            settings.use_cache,
            measure_only=True,
        )
        with tqdm(desc=f"{dataset.name}", unit="row", mininterval=1, disable=None) as bar:
            for done in run_chunks(plan, read_chunks(dataset, CHUNK), min(settings.np, threads())):
                bar.update(done.rows)
                analysis.rejected += len(done.rejects)
                for line in done.records:
                    record = load_record(line)
                    row = parse_row(dataset, record.line, record.row)
                    analysis.ids.append(
                        str(row.get("id", f"line {record.line}")).encode(errors="replace").decode()
                    )
                    analysis.texts.append(str(row.get(key) or ""))
                    analysis.pictures.append(list(row.get(settings.image_key) or []))
                    found.append(record.stats)
    for k in measured:
        if lines[k].kind == "filter":
            suffix = lines[k].label.removeprefix(lines[k].name)
            for stat in (name + suffix for name in lines[k].operator.STATS):
                if any(stat in stats for stats in found):
                    analysis.lines[stat] = lines[k]
                    analysis.stats[stat] = [stats.get(stat) for stats in found]
    folder = output or export.with_name(f"{export.stem}_analysis")
    write_analysis(analysis, folder, str(settings.dataset_path), more_quantiles)
    if rule.rule:
        top = load_params(path)
        top["process"] = refined_process(settings.process, lines, analysis, rule)
        header = f"# {path}, its bounds refined by {described(rule)} on {len(analysis.ids):,} samples of {settings.dataset_path}\n"
        with complete_or_absent(folder / "refined.yaml") as temporary:
            temporary.write_text(
                header + yaml.safe_dump(top, sort_keys=False, allow_unicode=True), encoding="utf-8"
            )
        print(f"{folder / 'refined.yaml'}: bettersynth run takes it")


def analyze_pool(
    output: Path | None, rule: RefineSettings, more_quantiles: Sequence[float]
) -> None:
    """Analyse what the pipeline measured on its pool (`data/stats`), against the recipe in `params.yaml`.

    Raises:
        UserError: a stage has not run yet.
    """
    params = load_params()
    settings = read_settings(FilterSettings, params.get("filter"), "params.yaml: filter")
    lines = {
        line.name: line
        for line in filter_step.read_filter_recipe(settings, params)
        if line.kind == "filter"
    }
    pool = read_pool()
    ids = pool["id"].to_pylist()
    analysis = Analysis(
        ids,
        pool["text"].to_pylist(),
        pool["images"].to_pylist(),
        ImageStore(POOL_IMAGES).read,
        {},
        {},
    )
    for name in sorted(params.get("stats") or {}):
        if name.endswith("_filter"):
            for stat, column in read_values(name, ids).items():
                analysis.stats[stat] = column
                if name in lines:
                    analysis.lines[stat] = lines[name]
    folder = output or Path("results/analysis")
    write_analysis(analysis, folder, "data/pool", more_quantiles)
    if rule.rule:
        print(f"in an experiment: dvc exp run -S refine={rule.rule}")


def _reader(folder: Path) -> Callable[[str], bytes]:
    return lambda name: (folder / name).read_bytes()


def described(rule: RefineSettings) -> str:
    return (
        f"mean and {rule.k:g} deviations"
        if rule.rule == "k_sigma"
        else f"the quantiles {rule.low:g} and {rule.high:g}"
    )


def refined_process(
    process: Sequence[Any], lines: Sequence[Line], analysis: Analysis, rule: RefineSettings
) -> list[Any]:
    """Return the recipe with the ends of its filters moved; prints what moved."""
    entries = []
    for entry, line in zip(process, lines, strict=True):
        suffix = line.label.removeprefix(line.name)
        names = line.operator.STATS if line.kind == "filter" else ()
        values = {
            stat: analysis.stats[stat + suffix] for stat in names if stat + suffix in analysis.stats
        }
        moved = refine.refine_line(line, values, rule)
        if moved is not line:
            print(f"{line.label}: {line.bounds} -> {moved.bounds}")
            entry = refine.refined_entry(moved, entry)
        entries.append(entry)
    return entries


def write_analysis(
    analysis: Analysis, folder: Path, source: str, more_quantiles: Sequence[float]
) -> None:
    """Write the tables and the page as one folder, complete or not at all; an older folder of this name is replaced."""
    if not analysis.ids:
        raise UserError(f"{source} holds no sample that can be measured")
    if folder.exists() and not (folder / "overview.tsv").is_file():
        raise UserError(f"{folder} exists and is no analysis; name another folder with --output")
    asked = sorted({*QUANTILES, *more_quantiles})
    tables = {
        "overview": overview(analysis),
        "quantiles": quantiles(analysis, asked),
        "histograms": histograms(analysis),
        "correlation": correlation(analysis),
        "examples": examples(analysis, asked),
    }
    folder.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        for name, table in tables.items():
            table.to_csv(made / f"{name}.tsv", sep="\t", index=name == "correlation")
        columns = {stat: column_of(column) for stat, column in analysis.stats.items()}
        write_table(made / "stats.parquet", pa.table({"id": analysis.ids, **columns}))
        (made / "page.html").write_text(page(analysis, tables, source), encoding="utf-8")
        made.chmod(0o755)
        shutil.rmtree(folder, ignore_errors=True)
        made.rename(folder)
    finally:
        shutil.rmtree(made, ignore_errors=True)
    print(tables["overview"].to_string(index=False, float_format=lambda value: f"{value:.4g}"))
    print(
        f"{folder / 'page.html'}: {len(analysis.ids):,} samples"
        + (f", {analysis.rejected:,} set aside" if analysis.rejected else "")
    )
