"""Samples that were left out by choice, not dropped for what they hold."""

from __future__ import annotations

# The rules that the two controls of the section `filter` drop by
ORACLE = "oracle"
RANDOM = "random"


def left_out(rule: str) -> bool:
    """Whether a sample was dropped by a control or a selector, which no caption can change."""
    return rule in (RANDOM, ORACLE) or rule.partition("#")[0].endswith("_selector")
