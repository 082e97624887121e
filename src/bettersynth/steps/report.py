"""Write `results/report.html`: one page, complete in itself, that shows what happened to the data and what came of it; and the
tables behind `dvc plots show` (`results/plots/`).

Run alone: `python -m bettersynth.steps.report`. Reads tables, cards, loss curves and scores; the same inputs give the same bytes.
"""

from __future__ import annotations

import importlib.metadata
import platform
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import jinja2
import numpy as np
import pyarrow as pa
import yaml
from markupsafe import Markup

from bettersynth.data.files.hashing import sha256_of_file
from bettersynth.data.files.reading import read_table
from bettersynth.data.files.writing import complete_or_absent
from bettersynth.data.pictures.images import ImageStore
from bettersynth.data.samples.text_form import caption_of_text
from bettersynth.errors import UserError
from bettersynth.evaluation.scoring.baseline_scores import read_baseline
from bettersynth.experiments.report import charts
from bettersynth.experiments.report.data_part import (
    SIMILARITY,
    flow,
    set_aside,
    similarity_detector,
    stat_views,
)
from bettersynth.experiments.report.published import own_row, ratio_table
from bettersynth.experiments.report.sample_part import draw_pairs
from bettersynth.experiments.report.score_part import (
    ScoreRow,
    blind_answers,
    category_rows,
    harness_table,
    kind_rows,
    score_rows,
    variation,
    verdicts,
)
from bettersynth.experiments.workflow.run_step import run_step
from bettersynth.measuring.number_rule import numbers_of
from bettersynth.measuring.stat_tables import POOL_IMAGES, SAMPLES, read_pool
from bettersynth.settings.filter import FilterSettings
from bettersynth.settings.reading import load_params, read_settings
from bettersynth.settings.score import ScoreSettings
from bettersynth.settings.seeds import read_seeds
from bettersynth.steps import filter as filter_step
from bettersynth.steps import score as score_step

REPORT, PLOTS = Path("results/report.html"), Path("results/plots")
POOL_CARD, FILTER_CARD, MIX_CARD = (
    Path("data/pool/card.json"),
    Path("data/filter/card.json"),
    Path("data/mix/card.json"),
)
DECISIONS, TRAIN = Path("data/mix/decisions.parquet"), Path("data/mix/train.json")
PLANTED, RESTATS = Path("data/pool/planted.parquet"), Path("data/restats/restats.parquet")
CURVES = {
    "pretrain": "Stage 1, projector and patch info mining",
    "finetune": "Stage 2, with the language model",
}
HASHED = (
    SAMPLES,
    POOL_IMAGES,
    Path("data/filter/decisions.parquet"),
    Path("data/mix/mix.parquet"),
    TRAIN,
    score_step.BASELINES,
    score_step.ITEMS,
)
SECTIONS = ("source", "filter", "caption", "mix", "score", "seeds")
PACKAGES = (
    "torch",
    "transformers",
    "timm",
    "numpy",
    "scipy",
    "scikit-learn",
    "pandas",
    "pyarrow",
    "pillow",
)


def main() -> None:
    params = load_params()
    page = make_page(params)
    with complete_or_absent(REPORT) as temporary:
        temporary.write_text(page, encoding="utf-8")
    print(f"{REPORT}: {len(page) / 1e6:.1f} MB")


def make_page(params: dict[str, Any]) -> str:
    """Return the page, and write the tables of `dvc plots` beside it.

    Raises:
        UserError: an input is missing or broken.
    """
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True
    )
    folder = files("bettersynth.experiments.report")
    template = environment.from_string(folder.joinpath("page.html").read_text(encoding="utf-8"))
    seeds = read_seeds(params.get("seeds"))
    losses = {stage: loss_curves(stage, seeds) for stage in CURVES}
    content = (
        data_content(params)
        | score_content(params)
        | {"curves": [curve(CURVES[stage], series) for stage, series in losses.items()]}
    )
    write_plots(losses, [*content["category_rows"], *content["kind_rows"]], seeds)
    return template.render(
        **content,
        style=Markup(folder.joinpath("style.css").read_text(encoding="utf-8")),
        seeds=seeds,
        hashes={str(path): sha256_of_file(path) for path in HASHED if path.exists()},
        versions={"Python": platform.python_version()}
        | {name: version for name in PACKAGES if (version := _version(name))},
        params=yaml.safe_dump(
            {name: params[name] for name in SECTIONS if name in params},
            sort_keys=False,
            allow_unicode=True,
            width=100,
        ),
    )


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return ""


def table_of(path: Path) -> pa.Table:
    if not path.exists():
        raise UserError(f"{path} does not exist; run `snakemake --cores all {path}`")
    return read_table(path)


def data_content(params: dict[str, Any]) -> dict[str, Any]:
    """Return what the template shows of pool, recipe and training set."""
    filter_settings = read_settings(FilterSettings, params.get("filter"), "params.yaml: filter")
    lines = filter_step.read_filter_recipe(filter_settings, params)
    samples, decisions = read_pool(), table_of(DECISIONS)
    ids = samples["id"].to_pylist()
    if decisions["id"].to_pylist() != ids:
        raise UserError(
            f"{DECISIONS} belongs to another pool; run `snakemake --cores all {DECISIONS}`"
        )
    pool_card, mix_card = score_step.read_input(POOL_CARD), score_step.read_input(MIX_CARD)
    restats = read_table(RESTATS) if RESTATS.exists() else None
    views = stat_views(ids, sorted(params.get("stats") or {}), lines, decisions, restats)
    planted = read_planted()
    flags = np.array([sample in planted for sample in ids])
    similarity = numbers_of(decisions["similarity_before"].to_pylist())
    threshold = filter_settings.threshold
    if filter_settings.refine.rule:
        threshold = next(
            (line.deciding.min_score for line in lines if line.name == f"{SIMILARITY}_filter"), None
        )
    drawn = draw_pairs(samples, decisions, training_texts(), planted, ImageStore(POOL_IMAGES))
    counts = mix_card["counts"]
    return {
        "flow": flow(pool_card, score_step.read_input(FILTER_CARD), mix_card, lines),
        "rejected": set_aside(pool_card),
        "stats": views,
        "stats_of_new_text": any(view.new_text for view in views) or not counts["exchanged"],
        "detector": similarity_detector(similarity, flags, mix_card, threshold),
        "detectors": mix_card.get("detectors", {}),
        "planted": mix_card.get("planted", {}),
        "counts": counts,
        "pairs": drawn,
        "kind_counts": {
            "kept": counts["original"],
            "recaptioned": counts["exchanged"],
            "dropped": counts["pool"] - counts["samples"],
        },
    }


def read_planted() -> dict[str, str]:
    """Return the true captions of the planted mismatches by id; nothing for a source without."""
    if not PLANTED.exists():
        return {}
    rows = read_table(PLANTED, ["id", "planted", "original_text"]).to_pylist()
    return {row["id"]: caption_of_text(row["original_text"]) for row in rows if row["planted"]}


def training_texts() -> dict[str, str]:
    return {
        sample["id"]: sample["conversations"][1]["value"] for sample in score_step.read_input(TRAIN)
    }


def score_content(params: dict[str, Any]) -> dict[str, Any]:
    """Return what the template shows of the scores."""
    settings = read_settings(ScoreSettings, params.get("score"), "params.yaml: score")
    score, levels, items = (
        score_step.read_input(score_step.SCORE),
        score_step.read_input(score_step.BASELINES),
        table_of(score_step.ITEMS),
    )
    rows = score_rows(items, score, levels)
    baseline = read_baseline(settings.baseline) if settings.baseline else None
    return {
        "score": score,
        "baseline": baseline,
        "published": ratio_table([own_row("this run", score, baseline)] if baseline else []),
        "verdicts": verdicts(rows, levels),
        "score_rows": rows,
        "category_rows": category_rows(items, score["mmbench_protocol"]),
        "kind_rows": kind_rows(items, levels),
        "harnesses": harness_table(items),
        "variation": variation(items, score["mmbench_protocol"]),
        "blind": blind_answers(levels),
    }


Series = list[tuple[list[float], list[float]]]


def curve(title: str, series: Series) -> dict[str, Any]:
    """Return what the template shows of the loss curves of one training stage."""
    last = [y[-1] for _, y in series]
    note = f"last logged loss {np.mean(last):.3f}, from {min(last):.3f} to {max(last):.3f} over the seeds"
    return {
        "title": title,
        "note": note,
        "chart": charts.curves(
            series, "step", "loss", f"{title}: loss curves of {len(series)} seeds"
        ),
    }


def loss_curves(stage: str, seeds: Sequence[int]) -> Series:
    """Return (steps, losses) of each seed of one training stage.

    Raises:
        UserError: a seed's file is missing, empty or has no columns step and loss.
    """
    series: Series = []
    for seed in seeds:
        path = Path(f"results/{stage}/{seed}.tsv")
        if not path.exists():
            raise UserError(f"{path} does not exist; run `snakemake --cores all {path}`")
        header, *lines = path.read_text(encoding="utf-8").splitlines() or [""]
        columns = header.split("\t")
        if not lines or not {"step", "loss"} <= set(columns):
            raise UserError(f"{path} holds no loss curve; delete it and run again")
        values = [[float(cell) if cell else np.nan for cell in line.split("\t")] for line in lines]
        pairs = [(row[columns.index("step")], row[columns.index("loss")]) for row in values]
        shown = [(step, loss) for step, loss in pairs if np.isfinite(loss)]
        series.append(([step for step, _ in shown], [loss for _, loss in shown]))
    return series


def write_plots(losses: dict[str, Series], rows: Sequence[ScoreRow], seeds: Sequence[int]) -> None:
    """Write the tables behind `dvc plots`: the loss of every seed by stage, and the score of every category with its interval."""
    for stage, series in losses.items():
        lines = [
            f"{seed}\t{step:g}\t{loss:.6g}"
            for seed, curve in zip(seeds, series, strict=True)
            for step, loss in zip(*curve, strict=True)
        ]
        _write_lines(PLOTS / f"{stage}_loss.tsv", ["seed\tstep\tloss", *lines])
    cells = [
        f"{row.label}\t{row.score:.2f}\t{row.low:.2f}\t{row.high:.2f}\t{row.note}" for row in rows
    ]
    _write_lines(PLOTS / "categories.tsv", ["category\tscore\tlow\thigh\tnote", *cells])


def _write_lines(path: Path, lines: Sequence[str]) -> None:
    with complete_or_absent(path) as temporary:
        temporary.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    run_step(main)
