"""What was run and what its benchmarks are, in a sentence each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bettersynth.evaluation.benchmarks.textvqa_parts import are_drawn


def run_sentence(params: Mapping[str, Any]) -> str:
    """Return the settings that tell runs apart most."""
    source = (params.get("source") or {}).get("name")
    filters = params.get("filter") or {}
    captioner = (params.get("caption") or {}).get("captioner")
    words = [f"a recipe of {len(filters.get('recipe') or [])} lines"]
    if source:
        words.insert(0, f"source {source}")
    if filters.get("threshold") is not None:
        words.append(f"similarity threshold {filters['threshold']}")
    sections = (filters, params.get("mix") or {})
    if any(section.get("control") == "random" for section in sections):
        words.append("its samples drawn at random instead (a control)")
    if captioner:
        words.append("no new captions" if captioner == "none" else f"captioner {captioner}")
    return f"Run: {', '.join(words)}."


def benchmark_sentence(levels: Mapping[str, Any]) -> str:
    """Return what the drawn benchmarks are, "" for the published ones; `levels` are the baselines
    that the stage `benchmark` measured.
    """
    # only drawn boards know what kind of question they ask
    kinds = levels["textvqa"].get("kinds")
    if not kinds or not are_drawn(kinds):
        return ""
    boards = f"{levels['textvqa']['questions']:,} questions on drawn sign boards"
    reading = levels["textvqa"].get("reading")
    if reading:
        boards = (
            f"{levels['textvqa']['questions']:,} questions on drawn things between three names "
            f"(and, as a score of its own, {reading['questions']:,} on sign boards, which are read)"
        )
    return (
        f"The benchmarks are drawn lookalikes: MMBench is {levels['mmbench']['questions']:,} "
        f"questions on drawn things, TextVQA {boards}, asked of a very small model. "
        "They are not the leaderboards of the same name."
    )
