"""Bounds of a recipe from the data: mean and k standard deviations, or quantiles.

Source: Data-Juicer's k-sigma refinement, with its faults mended: bounds stay within what a value
can be, each end of a filter with two stats follows its own, `min_closed_interval` is no bound,
counts stay whole numbers.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bettersynth.measuring.number_rule import finite_items
from bettersynth.measuring.protocols import Values
from bettersynth.operators.image_size_filter import size_in_bytes
from bettersynth.recipes.lines import Line, is_end
from bettersynth.settings.refine import RefineSettings

# What a value can be, where it is not 0 or more
_UNIT_STATS = """
    alnum_ratio char_rep_ratio word_rep_ratio special_char_ratio stopwords_ratio
    flagged_words_ratio lang_score face_ratios image_aesthetics_scores image_nsfw_score
    image_watermark_prob image_text_matching_score phrase_grounding_recall
"""
UNIT_STATS = frozenset(_UNIT_STATS.split())  # 0 to 1
SIGNED_STATS = frozenset({"image_text_similarity"})  # -1 to 1
# significant digits of a refined bound, rounded outwards
DIGITS = 6


@dataclass(frozen=True)
class End:
    """One end of a range: the setting that holds it, the stat that it bounds, which end it is."""

    setting: str
    stat: str  # "" where no stat can be told
    lower: bool


def ends_of(line: Line) -> list[End]:
    """Return the ends of the range of a filter.

    None for other operators, for filters that keep by something else, and for those whose stat is
    a field of the user's choice.
    """
    if line.kind != "filter" or not hasattr(line.deciding, "min_closed_interval"):
        return []
    stats = line.operator.STATS
    if not stats:
        return []
    settings = [setting.name for setting in dataclasses.fields(line.deciding)]
    names = [name for name in settings if is_end(name)]
    # image_watermark_filter keeps up to it
    if not names and "prob_threshold" in settings:
        return [End("prob_threshold", stats[0], lower=False)]
    several = len({name[4:] for name in names}) > 1
    ends: list[End] = []
    for name in names:
        # image_shape_filter: min_width bounds image_width; language_id_score_filter: min_score
        # bounds lang_score
        own = [stat for stat in stats if stat.endswith(name[4:])]
        other = "" if several else stats[0]
        ends.append(End(name, own[0] if own else other, name.startswith("min_")))
    return ends


def number_of_bound(value: Any) -> float:
    """Return a bound as a number; sizes such as `124KB` in bytes."""
    return size_in_bytes(value) if isinstance(value, str) else float(value)


def refine_line(line: Line, values: Values, settings: RefineSettings) -> Line:
    """Return the line with refined ends: those that the recipe writes, both if it writes none.

    `values` is what the line measured. Left as they are: ends without values to go by, and ranges
    that keep what is outside of them.
    """
    ends = ends_of(line)
    if not settings.rule or not ends or line.deciding.reversed_range:
        return line
    changed: dict[str, Any] = {}
    for end in written_ends(line):
        column = values.get(end.stat, [])
        items = finite_items(column)
        # one value has no deviation
        if len(items) < 2:
            continue
        bound = _bound(items, end, settings)
        if _whole(column):
            # counts stay whole, rounded outwards: no more is dropped than the rule says
            bound = math.floor(bound) if end.lower else math.ceil(bound)
        kept_as_text = isinstance(getattr(line.deciding, end.setting), str)
        changed[end.setting] = str(int(bound)) if kept_as_text else bound
    if not changed:
        return line
    return dataclasses.replace(line, deciding=dataclasses.replace(line.deciding, **changed))


def written_ends(line: Line) -> list[End]:
    """Return the ends that the recipe writes; all of them if it writes none."""
    ends = ends_of(line)
    return [end for end in ends if end.setting in line.given] or ends


def _bound(items: np.ndarray, end: End, settings: RefineSettings) -> float:
    """Return the end of the range of `items`, float `[items]`, within what its stat can be."""
    if settings.rule == "percentiles":
        share = settings.low if end.lower else settings.high
        bound = float(np.quantile(items, share))
    else:
        deviations = -settings.k if end.lower else settings.k
        bound = float(items.mean() + deviations * items.std(ddof=1))
    bound = _outwards(bound, end.lower)
    if end.stat in UNIT_STATS:
        return min(max(bound, 0.0), 1.0)
    if end.stat in SIGNED_STATS:
        return min(max(bound, -1.0), 1.0)
    return max(bound, 0.0)


def _outwards(bound: float, lower: bool) -> float:
    """Return `bound` with a few significant digits, moved away from the range's middle."""
    if bound == 0:
        return 0.0
    # a unit of the last digit that is kept
    step = 10.0 ** (math.floor(math.log10(abs(bound))) - DIGITS + 1)
    rounded = (math.floor if lower else math.ceil)(bound / step) * step
    return float(f"{rounded:.{DIGITS}g}")


def _whole(column: Sequence[Any]) -> bool:
    """Whether all values, item by item, are whole numbers or missing."""
    for value in column:
        for item in value if isinstance(value, list) else [value]:
            if item is not None and not isinstance(item, int):
                return False
    return True


def refined_entry(line: Line, entry: Any) -> Any:
    """Return an entry of a recipe, `{name: settings}`, with the ends of a refined line."""
    settings = dict(entry[line.name] or {}) if isinstance(entry, dict) else {}
    for end in written_ends(line):
        settings[end.setting] = getattr(line.deciding, end.setting)
    for name, value in list(settings.items()):
        # no bound, which YAML need not write
        if isinstance(value, float) and math.isinf(value):
            del settings[name]
    return {line.name: settings}
