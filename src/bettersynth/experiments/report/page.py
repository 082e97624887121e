"""The report of a run: what happened to the data, what came of it, where numbers are from."""

from __future__ import annotations

import importlib.metadata
import platform
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import yaml

from bettersynth.data.files.hashing import sha256_of_file
from bettersynth.data.pictures.shard_writing import SHARDS
from bettersynth.data.tables.benchmark import BASELINES
from bettersynth.data.tables.decisions import DECISIONS
from bettersynth.data.tables.items import ITEMS
from bettersynth.data.tables.loss_curves import Curve, read_curve
from bettersynth.data.tables.mix import MIX_TABLE, TRAIN
from bettersynth.data.tables.plots import write_category_plot, write_loss_plot
from bettersynth.data.tables.samples import POOL_IMAGES, SAMPLES
from bettersynth.experiments.report import charts
from bettersynth.experiments.report.data_part import data_content
from bettersynth.experiments.report.run_words import run_sentence
from bettersynth.experiments.report.score_part import score_content
from bettersynth.experiments.report.templates import filled
from bettersynth.settings.seeds import read_seeds

TRAININGS = {
    "pretrain": "Stage 1, projector and patch info mining",
    "finetune": "Stage 2, with the language model",
}
HASHED = (
    SAMPLES,
    POOL_IMAGES / SHARDS,
    DECISIONS,
    MIX_TABLE,
    TRAIN,
    BASELINES,
    ITEMS,
)
# a loss is drawn as the mean over one such part of its curve
SMOOTHED_PARTS = 20
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


def make_page(params: dict[str, Any]) -> str:
    """Return the page, and write the tables of `dvc plots` beside it.

    The same inputs give the same bytes.

    Raises:
        UserError: an input is missing or broken.
    """
    curves = _curves(params)
    # both are gathered before the first plot is written: a missing input writes nothing
    data = data_content(params)
    scores = score_content(params)
    for stage, of_stage in curves.items():
        write_loss_plot(stage, of_stage)
    write_category_plot([*scores["category_rows"], *scores["kind_rows"]])
    return _page(params, data | scores | {"curves": _curve_views(curves)}, [])


def recorded_page(params: dict[str, Any], scored: bool, recorded: Sequence[str]) -> str:
    """Return the page with what is `recorded` of the run in its head, a sentence each.

    It has no scores unless they are `scored`.

    Raises:
        UserError: an input is missing or broken.
    """
    data = data_content(params)
    if not scored:
        return _page(params, data | {"score": None}, recorded)
    views = _curve_views(_curves(params))
    return _page(params, data | score_content(params) | {"curves": views}, recorded)


def _curves(params: Mapping[str, Any]) -> dict[str, dict[int, Curve]]:
    """Return the loss curves of each training stage, by seed."""
    seeds = read_seeds(params.get("seeds"))
    curves: dict[str, dict[int, Curve]] = {}
    for stage in TRAININGS:
        curves[stage] = {seed: read_curve(stage, seed) for seed in seeds}
    return curves


def _curve_views(curves: Mapping[str, Mapping[int, Curve]]) -> list[dict[str, Any]]:
    return [curve_view(TRAININGS[stage], of_stage) for stage, of_stage in curves.items()]


def _page(params: dict[str, Any], content: dict[str, Any], recorded: Sequence[str]) -> str:
    """Return the page of what was gathered; `score` is None where there is none."""
    content["recorded"] = recorded
    content["seeds"] = read_seeds(params.get("seeds"))
    content["ran"] = run_sentence(params)
    content["hashes"] = {str(path): sha256_of_file(path) for path in HASHED if path.exists()}
    content["versions"] = versions()
    content["params"] = shown_params(params)
    return filled("page.html", content)


def curve_view(title: str, curves: Mapping[int, Curve]) -> dict[str, Any]:
    """Return what the template shows of the loss curves of one training stage, by seed."""
    last = [_end(losses) for _, losses in curves.values()]
    spread = f"from {min(last):.3f} to {max(last):.3f} over the seeds"
    described = f"{title}: loss curves of {len(curves)} seeds"
    smooth = [(steps, _smoothed(losses)) for steps, losses in curves.values()]
    return {
        "title": title,
        "note": f"mean loss of the last tenth {np.mean(last):.3f}, {spread}",
        "chart": charts.curves(smooth, "step", "loss", described),
    }


def _end(losses: Sequence[float]) -> float:
    """Return the mean of the last tenth: a single batch's loss says little."""
    return float(np.mean(losses[-max(1, len(losses) // 10) :]))


def _smoothed(losses: Sequence[float]) -> list[float]:
    """Return each loss as the mean of its neighbourhood, a twentieth of the curve wide."""
    half = len(losses) // (2 * SMOOTHED_PARTS)
    values = np.asarray(losses, dtype=float)
    places = range(len(values))
    return [float(values[max(0, place - half) : place + half + 1].mean()) for place in places]


def versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that decide results, where installed."""
    installed = {"Python": platform.python_version()}
    for package in PACKAGES:
        try:
            installed[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return installed


def shown_params(params: Mapping[str, Any]) -> str:
    """Return as YAML the sections of the settings that decide the data and the scores."""
    sections = {name: params[name] for name in SECTIONS if name in params}
    if (params.get("rewrite") or {}).get("recipe"):
        sections["rewrite"] = params["rewrite"]
    if (params.get("draw") or {}).get("mapper") not in (None, "none"):
        sections["draw"] = params["draw"]
    # in the order of params.yaml, which is how people look for a setting
    return yaml.safe_dump(sections, sort_keys=False, allow_unicode=True, width=100)
