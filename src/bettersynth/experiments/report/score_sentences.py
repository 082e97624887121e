"""Scores in words and small tables: do they beat guessing, how harnesses differ, what answers
without a picture get.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from bettersynth.data.tables.items import EXTRACTIONS, NORMALISERS, TEXT_PROTOCOL, harness_column
from bettersynth.evaluation.benchmarks.textvqa_parts import READING
from bettersynth.evaluation.scoring.blind import best_blind
from bettersynth.evaluation.scoring.guessing import verdict
from bettersynth.evaluation.scoring.item_scores import score_matrix
from bettersynth.experiments.report.score_rows import ScoreRow

GUESS_NAMES = {
    "chance": "guessing evenly",
    "any listed token": "answering with any word that the OCR engine listed",
}


def verdicts(rows: Sequence[ScoreRow], blind: Mapping[str, Mapping[str, float]]) -> list[str]:
    """Return a sentence for each headline score: whether it beats guessing, and another: whether it
    beats the best answer that sees no picture.

    `blind` holds the shares of such answers by benchmark and rule (`blind_scores`).
    """
    sentences = []
    for row in rows:
        if not row.headline or row.guess is None:
            continue
        # what the score is of: things where reading has a score of its own
        sentences.append(_against_guessing(row, row.guess, is_read=READING not in blind))
        benchmark = "textvqa" if row.label == "TextVQA" else "mmbench"
        rule, share = best_blind(blind[benchmark])
        sentences.append(_against_blind(row, rule, 100 * share))
    return sentences


def beats_blind(
    rows: Sequence[ScoreRow], blind: Mapping[str, Mapping[str, float]]
) -> dict[str, bool]:
    """Return for each benchmark whether its headline score beats every answer without the picture:
    one that does not is no success.
    """
    beats = {}
    for row in rows:
        if row.headline:
            benchmark = "textvqa" if row.label == "TextVQA" else "mmbench"
            _, share = best_blind(blind[benchmark])
            beats[benchmark] = verdict(row.low, row.high, 100 * share) == "beats"
    return beats


def _against_guessing(row: ScoreRow, guess: float, is_read: bool) -> str:
    seen = verdict(row.low, row.high, guess)
    bounds = f"{row.low:.1f} to {row.high:.1f}"
    name = GUESS_NAMES[row.guess_label]
    text = f"{row.label}: {row.score:.1f} ({bounds}) {seen} {name} ({guess:.1f})."
    if row.label == "TextVQA" and is_read and seen != "beats":
        text += " Sign reading is not learned: "
        text += "read this score as a measure of copying, not of reading."
    return text


def _against_blind(row: ScoreRow, rule: str, level: float) -> str:
    """Return how a score stands to the best answer without the picture, in percent."""
    seen = verdict(row.low, row.high, level)
    text = f"The best answer without the picture ({rule}) gets {level:.1f}; {row.label} {seen} it"
    if seen == "beats":
        return f"{text}."
    return f"{text}, so nothing here shows that the picture itself is read."


def harness_table(items: pa.Table) -> list[tuple[str, list[tuple[str, float]]]]:
    """Return (measure, [(harness, percent)]) of the same predictions by each harness's rules."""
    table = []
    for label, benchmark, measure, harnesses in (
        ("MMBench circular", "mmbench", "circular", EXTRACTIONS),
        ("MMBench vanilla", "mmbench", "vanilla", EXTRACTIONS),
        ("TextVQA", "textvqa", TEXT_PROTOCOL, NORMALISERS),
    ):
        values = []
        for harness in harnesses:
            scores, _ = score_matrix(items, benchmark, harness_column(measure, harness))
            values.append((harness, 100 * float(scores.mean())))
        table.append((label, values))
    return table


def blind_answers(
    levels: Mapping[str, Any], blind: Mapping[str, Mapping[str, float]]
) -> list[tuple[str, str, float]]:
    """Return (benchmark, how it is answered, percent) of every answer that needs no picture.

    `blind` holds the rules by MMBench's headline protocol (`blind_scores`).
    """
    rows = []
    for rule, share in blind["mmbench"].items():
        rows.append(("MMBench", f"headline: {rule}", 100 * share))
    for name, share in levels["mmbench"]["chance"].items():
        rows.append(("MMBench", f"guessing evenly, {name}", 100 * share))
    tables = {"MMBench": levels["mmbench"], "TextVQA": levels["textvqa"]}
    if levels["textvqa"].get("reading"):
        tables["TextVQA reading"] = levels["textvqa"]["reading"]
    for label, measures in tables.items():
        for name, share in measures.items():
            # the others are counts and tables
            if isinstance(share, float):
                rows.append((label, name.replace("_", " "), 100 * share))
    return rows
