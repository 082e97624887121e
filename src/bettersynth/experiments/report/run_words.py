"""What was run and what its benchmarks are, in a sentence each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bettersynth.evaluation.benchmarks.textvqa_parts import are_drawn
from bettersynth.recipes.similarity_bound import similarity_bound


def run_sentence(params: Mapping[str, Any]) -> str:
    """Return the settings that tell runs apart most."""
    source = (params.get("source") or {}).get("name")
    filters = params.get("filter") or {}
    captioner = (params.get("caption") or {}).get("captioner")
    words = [_recipe_words(len(filters.get("recipe") or []))]
    if source:
        words.insert(0, f"source {source}")
    threshold = similarity_bound(params)
    if threshold is not None:
        words.append(f"similarity threshold {threshold}")
    refine = (filters.get("refine") or {}).get("rule")
    if refine:
        words.append(f"bounds refined by {refine}")
    if filters.get("oracle"):
        words.append("without the planted mismatches (a control)")
    sections = (filters, params.get("mix") or {})
    if any(section.get("control") == "random" for section in sections):
        words.append("its samples drawn at random instead (a control)")
    if captioner:
        words.append("no new captions" if captioner == "none" else f"captioner {captioner}")
    return f"Run: {', '.join(words)}."


def _recipe_words(lines: int) -> str:
    if lines == 0:
        return "a recipe without rules"
    return f"a recipe of {lines} line{'s' if lines > 1 else ''}"


def benchmark_sentence(levels: Mapping[str, Any], params: Mapping[str, Any]) -> str:
    """Return which benchmarks are drawn ones and what they ask, "" where both are published ones.

    `levels` are the baselines that the stage `benchmark` measured.
    """
    drawn: list[str] = []
    section = params.get("benchmark") or {}
    if not (section.get("mmbench") or {}).get("file"):
        drawn.append(f"MMBench is {levels['mmbench']['questions']:,} questions on drawn things")
    # only drawn boards know what kind of question they ask
    kinds = levels["textvqa"].get("kinds")
    if kinds and are_drawn(kinds):
        drawn.append(f"TextVQA is {_boards(levels['textvqa'])}")
    if not drawn:
        return ""
    asked = ", ".join(drawn)
    if len(drawn) == 1:
        return (
            f"One benchmark is a drawn lookalike: {asked}. It is not the leaderboard of the same "
            "name."
        )
    return (
        f"The benchmarks are drawn lookalikes: {asked}, asked of a very small model. "
        "They are not the leaderboards of the same name."
    )


def _boards(level: Mapping[str, Any]) -> str:
    """Return how many questions are asked on which drawn boards."""
    reading = level.get("reading")
    if not reading:
        return f"{level['questions']:,} questions on drawn sign boards"
    return (
        f"{level['questions']:,} questions on drawn things between three names "
        f"(and, as a score of its own, {reading['questions']:,} on sign boards, which are read)"
    )
