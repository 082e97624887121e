"""Turn the kept answers of all seeds into scores with intervals, by every protocol; a table is printed at the end.

Run alone: `python -m bettersynth.steps.score`. Reads `results/predictions/`, `data/benchmark/` and the mix's card; writes
`results/score.json` (docs/scores.md says what each number is) and `results/items.parquet` (one row a seed and item).
`--show` prints the table of the last run and writes nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
from tqdm import tqdm

from bettersynth.data.files.reading import read_json, read_table
from bettersynth.data.files.writing import write_json, write_table
from bettersynth.errors import UserError
from bettersynth.evaluation.benchmarks import mmbench
from bettersynth.evaluation.benchmarks.textvqa import read_annotations
from bettersynth.evaluation.scoring.baseline_scores import Baseline, read_baseline
from bettersynth.evaluation.scoring.item_scores import (
    CHOICE_PROTOCOLS,
    ITEM_SCHEMA,
    TEXT_PROTOCOL,
    choice_items,
    score_matrix,
    text_items,
)
from bettersynth.evaluation.scoring.prediction_files import (
    read_choice_predictions,
    read_text_predictions,
    require_likelihoods,
)
from bettersynth.evaluation.scoring.score_files import question_ids
from bettersynth.evaluation.statistics.intervals import Interval, combined_interval, score_interval
from bettersynth.evaluation.statistics.variance import detectable, variance_components
from bettersynth.experiments.workflow.run_step import run_step
from bettersynth.settings.reading import load_params, read_settings
from bettersynth.settings.score import ScoreSettings
from bettersynth.settings.seeds import read_seeds

PREDICTIONS = Path("results/predictions")
QUESTIONS, ANNOTATIONS = (
    Path("data/benchmark/mmbench.tsv"),
    Path("data/benchmark/textvqa_annotations.json"),
)
BASELINES = Path("data/benchmark/baselines.json")
CARD = Path("data/mix/card.json")
SCORE, ITEMS, REPORT = (
    Path("results/score.json"),
    Path("results/items.parquet"),
    Path("results/report.html"),
)


def main() -> None:
    params = load_params()
    settings = read_settings(ScoreSettings, params.get("score"), "params.yaml: score")
    seeds = read_seeds(params.get("seeds"))
    baseline = read_baseline(settings.baseline) if settings.baseline else None
    if baseline and baseline.mmbench_protocol != settings.mmbench_protocol:
        measured, headline = baseline.mmbench_protocol, settings.mmbench_protocol
        raise UserError(
            f"{settings.baseline} was measured by {measured}, score.mmbench_protocol is {headline}; store a baseline of that protocol"
        )
    if sys.argv[1:] == ["--show"]:
        print(score_table(read_input(SCORE), baseline, read_table(ITEMS)))
        return
    items = read_items(seeds, settings)
    score = make_score(
        items, settings, baseline, read_input(BASELINES), read_input(CARD)["counts"]["samples"]
    )
    write_table(ITEMS, items)
    write_json(SCORE, score)
    print(score_table(score, baseline, items))


def read_input(path: Path) -> Any:
    try:
        return read_json(path)
    except FileNotFoundError:
        raise UserError(f"{path} does not exist; run `snakemake --cores all {path}`") from None


def read_items(seeds: Sequence[int], settings: ScoreSettings) -> pa.Table:
    """Return the scored items of all seeds and both benchmarks, sorted by benchmark, seed and the questions' order.

    Raises:
        UserError: a file is missing, or holds other questions, doubles, gaps or broken lines.
    """
    questions = mmbench.read_questions(QUESTIONS)
    content = read_input(ANNOTATIONS)
    annotations = read_annotations(content, str(ANNOTATIONS))
    entries = content["data"] if isinstance(content, dict) else content
    kinds = {
        key: str(entry.get("question_kind", ""))
        for key, entry in zip(annotations, entries, strict=True)
    }
    ids = question_ids(content)
    rows: list[dict[str, object]] = []
    for seed in tqdm(seeds, desc="MMBench", unit="seed", mininterval=1):
        path = PREDICTIONS / f"mmbench-{seed}.jsonl"
        choices = read_choice_predictions(path, questions)
        require_likelihoods(path, choices, questions)
        rows += choice_items(seed, questions, choices, settings.extraction)
    for seed in tqdm(seeds, desc="TextVQA", unit="seed", mininterval=1):
        texts = read_text_predictions(PREDICTIONS / f"textvqa-{seed}.jsonl", list(annotations), ids)
        rows += text_items(seed, annotations, kinds, texts, settings.textvqa_protocol)
    columns = {
        field.name: pa.array([row.get(field.name) for row in rows], field.type)
        for field in ITEM_SCHEMA
    }
    return pa.table(columns, schema=ITEM_SCHEMA)


def make_score(
    items: pa.Table,
    settings: ScoreSettings,
    baseline: Baseline | None,
    levels: dict[str, Any],
    samples: int,
) -> dict[str, Any]:
    """Return the content of score.json: few numbers, flat, scores in percent, `total` a ratio."""
    choice, _ = score_matrix(items, "mmbench", settings.mmbench_protocol)
    text, _ = score_matrix(items, "textvqa", TEXT_PROTOCOL)

    def interval(scores: Any) -> Interval:
        return score_interval(scores, settings.bootstrap_seed, draws=settings.bootstrap_draws)

    score: dict[str, Any] = {}
    if baseline:
        weights = [(choice, 50 / baseline.mmbench), (text, 50 / baseline.textvqa)]
        total = combined_interval(weights, settings.bootstrap_seed, draws=settings.bootstrap_draws)
        score |= {
            "total": round(total.mean, 4),
            "total_low": round(total.low, 4),
            "total_high": round(total.high, 4),
        }
    for name, scores in (("mmbench", choice), ("textvqa", text)):
        found = interval(scores)
        score |= {
            name: _percent(found.mean),
            f"{name}_low": _percent(found.low),
            f"{name}_high": _percent(found.high),
        }
    score |= {
        f"mmbench_{name}": _percent(float(score_matrix(items, "mmbench", name)[0].mean()))
        for name in CHOICE_PROTOCOLS
    }
    chance = levels["mmbench"]["chance"]
    score |= {
        "mmbench_chance": _percent(chance[chance_name(settings.mmbench_protocol)]),
        "mmbench_circular_chance": _percent(chance["circular"]),
        "textvqa_any_listed_token": _percent(levels["textvqa"]["any_listed_token"]),
        "mmbench_protocol": settings.mmbench_protocol,
        "samples": samples,
        "seeds": choice.shape[0],
    }
    return score


def chance_name(protocol: str) -> str:
    """Return which chance level of `baselines.json` belongs to a protocol."""
    return {"likelihood_minus_prior": "likelihood", "strict": "circular"}.get(protocol, protocol)


def _percent(value: float) -> float:
    return round(100 * value, 2)


def score_table(score: dict[str, Any], baseline: Baseline | None, items: pa.Table) -> str:
    """Return what is printed: each score with its interval and what guessing gets, the ratios, and what the seeds can show."""
    seeds = score["seeds"]
    lines = [
        "",
        f"scores in percent, mean of {seeds} seed{'s' if seeds > 1 else ''}, 95 % interval over seeds and items",
        f"{'':34}{'score':>7}   {'interval':16}guessing",
    ]
    for name, label, guess in (
        (
            "mmbench",
            f"MMBench ({score['mmbench_protocol'].replace('_', ' ')})",
            f"{score['mmbench_chance']:.2f} (chance)",
        ),
        (
            "textvqa",
            "TextVQA (soft accuracy)",
            f"{score['textvqa_any_listed_token']:.2f} (any listed token)",
        ),
    ):
        bounds = f"{score[f'{name}_low']:.2f} - {score[f'{name}_high']:.2f}"
        lines.append(f"{label:34}{score[name]:7.2f}   {bounds:16}{guess}")
    for name in CHOICE_PROTOCOLS:
        if name != score["mmbench_protocol"]:
            found = score_interval(score_matrix(items, "mmbench", name)[0])
            bounds = f"{_percent(found.low):.2f} - {_percent(found.high):.2f}"
            guess = (
                f"{score['mmbench_circular_chance']:.2f} (chance)"
                if name in ("circular", "strict")
                else ""
            )
            lines.append(
                f"{'  MMBench ' + name.replace('_', ' '):34}{score[f'mmbench_{name}']:7.2f}   {bounds:16}{guess}".rstrip()
            )
    if baseline:
        bounds = f"{score['total_low']:.3f} - {score['total_high']:.3f}"
        lines.append(
            f"{'total (mean ratio to the baseline)':34}{score['total']:7.3f}   {bounds:16}1 = {baseline.source}"
        )
    else:
        lines.append("no total: score.baseline is null")
    for name, label, guess in (
        ("mmbench", "MMBench", score["mmbench_chance"]),
        ("textvqa", "TextVQA", score["textvqa_any_listed_token"]),
    ):
        lines.append(
            f"{label} {verdict(score[f'{name}_low'], score[f'{name}_high'], guess)} guessing"
        )
    lines += [
        seen_difference(items, score["mmbench_protocol"], "MMBench"),
        seen_difference(items, TEXT_PROTOCOL, "TextVQA"),
    ]
    lines += [f"report: {REPORT} (`snakemake --cores all {REPORT}`)"]
    return "\n".join(lines)


def verdict(low: float, high: float, guess: float) -> str:
    """Return how a score with its interval stands to what guessing gets: "beats", "does not beat" or "is not told from"."""
    if low > guess:
        return "beats"
    return "does not beat" if high < guess else "is not told from"


def seen_difference(items: pa.Table, protocol: str, label: str) -> str:
    """Return a sentence: the smallest difference that this many seeds can show, what a point would take, and what varies."""
    parts = variance_components(
        score_matrix(items, "textvqa" if protocol == TEXT_PROTOCOL else "mmbench", protocol)[0]
    )
    if parts.seeds < 2:
        return f"{label}: one seed, so the interval knows nothing of how another training would come out"
    return f"{label}: {detectable(parts)}"


if __name__ == "__main__":
    run_step(main)
