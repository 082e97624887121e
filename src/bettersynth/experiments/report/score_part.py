"""What the page shows of the scores, gathered from the items of the run."""

from __future__ import annotations

from typing import Any

from bettersynth.data.tables.benchmark import read_baselines
from bettersynth.data.tables.items import read_items
from bettersynth.data.tables.score import read_score
from bettersynth.evaluation.scoring.baseline_scores import baseline_for
from bettersynth.evaluation.scoring.blind import blind_scores
from bettersynth.experiments.report.published import own_row, ratio_table
from bettersynth.experiments.report.run_words import benchmark_sentence
from bettersynth.experiments.report.score_rows import category_rows, kind_rows, score_rows
from bettersynth.experiments.report.score_sentences import (
    beats_blind,
    blind_answers,
    harness_table,
    verdicts,
)
from bettersynth.experiments.report.variation import variation
from bettersynth.settings.reading import read_settings
from bettersynth.settings.score import ScoreSettings


def score_content(params: dict[str, Any]) -> dict[str, Any]:
    """Return what the template shows of the scores, by the template's names.

    Raises:
        UserError: the score step has not run yet, or the baseline cannot be read.
    """
    settings = read_settings(ScoreSettings, params.get("score"), "params.yaml: score")
    score = read_score()
    levels = read_baselines()
    items = read_items()
    rows = score_rows(items, score, levels)
    protocol = score["mmbench_protocol"]
    blind = blind_scores(levels, items, protocol)
    baseline = baseline_for(settings, items)
    own = [own_row("this run", score, baseline)] if baseline else []
    return {
        "score": score,
        "baseline": baseline,
        "published": ratio_table(own),
        "verdicts": verdicts(rows, blind),
        "sees": beats_blind(rows, blind),
        "benchmarks": benchmark_sentence(levels, params),
        "score_rows": rows,
        "category_rows": category_rows(items, protocol),
        "kind_rows": kind_rows(items, levels),
        "harnesses": harness_table(items),
        "variation": variation(items, protocol),
        "blind": blind_answers(levels, blind),
    }
