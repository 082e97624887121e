"""Samples that were left out by choice, not dropped for what they hold."""

from __future__ import annotations

# The rules that the two controls of the section `filter` drop by
ORACLE = "oracle"
RANDOM = "random"
# The stage of this name found a benchmark's content in the sample
CONTAMINATION = "contamination"
# Of more samples than `mix.budget` allows, those that were not drawn
BUDGET = "budget"


def left_out(rule: str) -> bool:
    """Whether a sample was dropped by what no caption can change: a control, a selector, or because
    a benchmark holds it.
    """
    return rule in (RANDOM, ORACLE, CONTAMINATION) or rule.partition("#")[0].endswith("_selector")
