"""What the score step prints: each score with its interval and what guessing gets, and what the
seeds can show.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from bettersynth.data.tables.items import CHOICE_PROTOCOLS, TEXT_PROTOCOL
from bettersynth.evaluation.benchmarks.textvqa_parts import READING
from bettersynth.evaluation.scoring.baseline_scores import Baseline
from bettersynth.evaluation.scoring.blind import blind_scores
from bettersynth.evaluation.scoring.guessing import verdict
from bettersynth.evaluation.scoring.headline import percent
from bettersynth.evaluation.scoring.item_scores import picture_scores
from bettersynth.evaluation.statistics.intervals import score_interval
from bettersynth.evaluation.statistics.variance import detectable, variance_components


def score_table(
    score: Mapping[str, Any],
    baseline: Baseline | None,
    items: pa.Table,
    levels: Mapping[str, Any] | None = None,
) -> str:
    """Return the printed table of a run's metrics and items.

    `levels`, the baselines of the benchmark that was asked, add what each blind rule gets.
    """
    seeds = score["seeds"]
    lines = [
        "",
        f"scores in percent, mean of {seeds} seed{'s' if seeds > 1 else ''}, "
        f"95 % interval over {'seeds and items' if seeds > 1 else 'items alone, not trainings'}",
        f"{'':34}{'score':>7}   {'interval':16}guessing",
    ]
    lines += _headline_lines(score)
    for protocol in CHOICE_PROTOCOLS:
        # scores of a version before a protocol do not hold it
        if protocol != score["mmbench_protocol"] and f"mmbench_{protocol}" in score:
            lines.append(_protocol_line(score, protocol, items))
    if baseline and "total" not in score:
        # shown again with settings of today
        lines.append("no total: these scores are older than score.baseline; run the score step")
    elif baseline:
        bounds = f"{score['total_low']:.3f} - {score['total_high']:.3f}"
        label = "total (mean ratio to the baseline)"
        lines.append(f"{label:34}{score['total']:7.3f}   {bounds:16}1 = {baseline.source}")
    else:
        lines.append("no total: score.baseline is null")
    for name, label in _labels(score).items():
        guess = score["mmbench_chance" if name == "mmbench" else f"{name}_any_listed_token"]
        low, high = score[f"{name}_low"], score[f"{name}_high"]
        lines.append(f"{label} {verdict(low, high, guess)} guessing")
        best = score.get(f"{name}_best_blind")
        # older scores do not hold it
        if best is not None:
            seen = verdict(low, high, best)
            lines.append(f"{label} {seen} the best answer without the picture ({best:.2f})")
    if levels is not None:
        lines += _blind_lines(score, levels, items)
    lines.append(seen_difference(items, "mmbench", score["mmbench_protocol"], "MMBench"))
    lines.append(seen_difference(items, "textvqa", TEXT_PROTOCOL, "TextVQA"))
    return "\n".join(lines)


def _labels(score: Mapping[str, Any]) -> dict[str, str]:
    """Return what scores that stand beside guessing are called."""
    labels = {"mmbench": "MMBench", "textvqa": "TextVQA"}
    return labels | {READING: "TextVQA reading"} if READING in score else labels


def _headline_lines(score: Mapping[str, Any]) -> list[str]:
    protocol = score["mmbench_protocol"].replace("_", " ")
    lines = []
    for name, label in _labels(score).items():
        if name == "mmbench":
            label = f"{label} ({protocol})"
            guess = f"{score['mmbench_chance']:.2f} (chance)"
        else:
            label = f"{label} (soft accuracy)"
            guess = f"{score[f'{name}_any_listed_token']:.2f} (any listed token)"
        bounds = f"{score[f'{name}_low']:.2f} - {score[f'{name}_high']:.2f}"
        lines.append(f"{label:34}{score[name]:7.2f}   {bounds:16}{guess}")
    return lines


def _blind_lines(score: Mapping[str, Any], levels: Mapping[str, Any], items: pa.Table) -> list[str]:
    """Return what each answer without the picture gets."""
    lines = []
    blind = blind_scores(levels, items, score["mmbench_protocol"])
    for name, label in _labels(score).items():
        cells = [f"{rule} {percent(share):.2f}" for rule, share in blind[name].items()]
        lines.append(f"{label} without the picture: {', '.join(cells)}")
    return lines


def _protocol_line(score: Mapping[str, Any], protocol: str, items: pa.Table) -> str:
    """Return the line of an MMBench protocol that is not the headline."""
    scores = picture_scores(items, "mmbench", protocol)
    interval = score_interval(scores)
    bounds = f"{percent(interval.low):.2f} - {percent(interval.high):.2f}"
    all_forms = protocol in ("circular", "strict")
    guess = f"{score['mmbench_circular_chance']:.2f} (chance)" if all_forms else ""
    label = "  MMBench " + protocol.replace("_", " ")
    return f"{label:34}{score[f'mmbench_{protocol}']:7.2f}   {bounds:16}{guess}".rstrip()


def seen_difference(items: pa.Table, benchmark: str, protocol: str, label: str) -> str:
    """Return a sentence: the smallest difference that this many seeds can show, and what varies."""
    scores = picture_scores(items, benchmark, protocol)
    components = variance_components(scores)
    if components.seeds < 2:
        return (
            f"{label}: one seed, so the interval leaves the training out; another seed may come "
            "out otherwise (`bettersynth compare NAME --seed-spread EXPERIMENT`)"
        )
    return f"{label}: {detectable(components)}"
