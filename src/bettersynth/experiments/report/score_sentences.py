"""Scores in words and small tables: do they beat guessing, how harnesses differ, what answers
without a picture get.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from bettersynth.data.tables.items import EXTRACTIONS, NORMALISERS, TEXT_PROTOCOL, harness_column
from bettersynth.evaluation.scoring.guessing import verdict
from bettersynth.evaluation.scoring.item_scores import score_matrix
from bettersynth.experiments.report.score_rows import ScoreRow

GUESS_NAMES = {
    "chance": "guessing evenly",
    "any listed token": "answering with any word that the OCR engine listed",
}


def verdicts(rows: Sequence[ScoreRow], levels: Mapping[str, Any]) -> list[str]:
    """Return a sentence for each headline score: whether it beats guessing.

    TextVQA has one more: whether it beats a rule that sees no picture.
    """
    sentences = []
    for row in rows:
        if not row.headline or row.guess is None:
            continue
        sentences.append(_against_guessing(row, row.guess))
        rule = levels["textvqa"].get("place_rule") if row.label == "TextVQA" else None
        if rule is not None:
            sentences.append(_against_rule(row, 100 * rule))
    return sentences


def _against_guessing(row: ScoreRow, guess: float) -> str:
    seen = verdict(row.low, row.high, guess)
    bounds = f"{row.low:.1f} to {row.high:.1f}"
    name = GUESS_NAMES[row.guess_label]
    text = f"{row.label}: {row.score:.1f} ({bounds}) {seen} {name} ({guess:.1f})."
    if row.label == "TextVQA" and seen != "beats":
        text += " Sign reading is not learned: "
        text += "read this score as a measure of copying, not of reading."
    return text


def _against_rule(row: ScoreRow, rule: float) -> str:
    """Return how TextVQA stands to the rule that copies a listed word by its place."""
    seen = verdict(row.low, row.high, rule)
    text = f"A rule that knows only the order of the listed words gets {rule:.1f} "
    text += f"without the picture; TextVQA {seen} it"
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


def blind_answers(levels: Mapping[str, Any]) -> list[tuple[str, str, float]]:
    """Return (benchmark, how it is answered, percent) of every answer that needs no picture."""
    rows = []
    for name, share in levels["mmbench"]["chance"].items():
        rows.append(("MMBench", f"guessing evenly, {name}", 100 * share))
    for label, measures in (("MMBench", levels["mmbench"]), ("TextVQA", levels["textvqa"])):
        for name, share in measures.items():
            # the others are counts and tables
            if isinstance(share, float):
                rows.append((label, name.replace("_", " "), 100 * share))
    return rows
