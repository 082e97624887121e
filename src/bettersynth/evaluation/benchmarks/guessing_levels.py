"""Measuring what guessing gets on the finished benchmark files."""

from __future__ import annotations

from typing import Any

from bettersynth.data.tables.benchmark import (
    MMBENCH,
    read_annotation_file,
    read_text_questions,
    write_baselines,
)
from bettersynth.evaluation.benchmarks.baselines import mmbench_baselines, textvqa_baselines
from bettersynth.evaluation.benchmarks.mmbench import read_questions
from bettersynth.evaluation.benchmarks.textvqa import annotation_entries


def measure_baselines() -> dict[str, Any]:
    """Measure both benchmarks, write the levels beside them, and return them."""
    entries = annotation_entries(read_annotation_file())
    levels = {
        "mmbench": mmbench_baselines(read_questions(MMBENCH)),
        "textvqa": textvqa_baselines(read_text_questions(), entries),
    }
    write_baselines(levels)
    return levels


def described(levels: dict[str, Any]) -> str:
    """Return what the benchmark step prints of the levels: a line a score."""
    choice = levels["mmbench"]
    chance = choice["chance"]
    reading = levels["textvqa"].get("reading")
    lines = [
        f"MMBench: {choice['questions']} questions in {choice['rows']} rows; by chance "
        f"{chance['likelihood']:.1%} (likelihood), {chance['vanilla']:.1%} (vanilla), "
        f"{chance['circular']:.1%} (circular); {_rules(choice['blind'])}",
        _of_text("TextVQA", levels["textvqa"]),
    ]
    if reading:
        lines.append(_of_text("TextVQA reading", reading))
    return "\n".join(lines)


def _of_text(label: str, text: dict[str, Any]) -> str:
    return (
        f"{label}: {text['questions']} questions; any listed token {text['any_listed_token']:.1%}, "
        f"first {text['first_listed_token']:.1%}, last {text['last_listed_token']:.1%}, "
        f"longest {text['longest_listed_token']:.1%}, by place {text['place_rule']:.1%}, "
        f"majority answer {text['majority_answer']:.1%}, best {text['best_listed_token']:.1%}; "
        f"annotators' consensus {text['consensus']:.1%}"
    )


def _rules(blind: dict[str, dict[str, float]]) -> str:
    """Return what rules without a picture get on the base rows."""
    shares = []
    for name, levels in blind.items():
        shares.append(f"{name.replace('_', ' ')} {levels['likelihood']:.1%}")
    return ", ".join(shares)
