"""The ends of ranges in a recipe: which stat each bounds, and whether a value can meet them."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from bettersynth.errors import UserError
from bettersynth.operators.image_size_filter import size_in_bytes

_UNIT_STATS = """
    alnum_ratio char_rep_ratio word_rep_ratio special_char_ratio stopwords_ratio
    flagged_words_ratio lang_score face_ratios image_aesthetics_scores image_nsfw_score
    image_watermark_prob image_text_matching_score phrase_grounding_recall text_quality_score
    llm_analysis_score llm_quality_score llm_difficulty_score llm_task_relevance
"""
UNIT_STATS = frozenset(_UNIT_STATS.split())  # 0 to 1
SIGNED_STATS = frozenset({"image_text_similarity", "text_embd_similarity"})  # -1 to 1
# Other raters than the default one give what they like; a picture may mislead a model
UNLIMITED_STATS = frozenset({"image_aesthetics_scores", "model_loss_gain"})
_COUNTED_STATS = """
    text_len num_words avg_line_length max_line_length num_token perplexity num_action
    num_dependency_edges aspect_ratios image_width image_height image_sizes face_counts
    alpha_token_ratio model_loss model_loss_blind llm_perplexity ifd_score
"""
COUNTED_STATS = frozenset(_COUNTED_STATS.split())  # 0 or more
# Settings of deduplicators and selectors: shares of 1, and numbers of rows
_SHARES = """
    select_ratio top_ratio lower_percentile upper_percentile jaccard_threshold similarity_threshold
"""
SHARES = frozenset(_SHARES.split())
ROWS = frozenset({"select_num", "topk", "lower_rank", "upper_rank"})


@dataclass(frozen=True)
class End:
    """One end of a range: the setting that holds it, the stat that it bounds, which end it is."""

    setting: str
    # "" where no stat can be told
    stat: str
    lower: bool


def is_end(setting: str) -> bool:
    """Whether a setting is an end of a range; `min_closed_interval` says how one counts."""
    return setting.startswith(("min_", "max_")) and not setting.endswith("_interval")


def range_ends(operator: ModuleType, deciding: Any) -> list[End]:
    """Return the ends of the range of a filter.

    None for other operators, for filters that keep by something else, and for those whose stat is
    a field of the user's choice.
    """
    stats = getattr(operator, "STATS", ())
    if not stats or not hasattr(deciding, "min_closed_interval"):
        return []
    settings = [setting.name for setting in dataclasses.fields(deciding)]
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


def number_of_bound(deciding: Any, setting: str) -> float:
    """Return a bound among deciding settings as a number; sizes such as `124KB` in bytes.

    Data-Juicer reads some sizes otherwise, which `compat` among the same settings says.
    """
    value = getattr(deciding, setting)
    if isinstance(value, str):
        return size_in_bytes(value, getattr(deciding, "compat", ""))
    return float(value)


def stat_range(stat: str) -> tuple[float, float]:
    """Return between what the values of a stat lie; -inf and inf where that is not known."""
    if stat in UNLIMITED_STATS:
        return -math.inf, math.inf
    if stat in UNIT_STATS:
        return 0.0, 1.0
    if stat in SIGNED_STATS:
        return -1.0, 1.0
    return (0.0 if stat in COUNTED_STATS else -math.inf), math.inf


def refuse_unmeetable(operator: ModuleType, measuring: Any, deciding: Any, where: str) -> None:
    """Pass if the bounds of a recipe's line, found at `where`, leave room for some value.

    Raises:
        UserError: a lower end above its upper one, or a range that no value of the stat can be in.
    """
    for settings in (measuring, deciding):
        if settings is not None:
            _check_shares_and_rows(settings, where)
    stats = {end.setting: end.stat for end in range_ends(operator, deciding)}
    for lower_name, upper_name in _ranges(deciding):
        lower = _end(deciding, lower_name, -math.inf)
        upper = _end(deciding, upper_name, math.inf)
        bounds = _written(deciding, lower_name, upper_name)
        if lower > upper:
            raise UserError(
                f"{where}: no value can meet {bounds}: the lower end is above the upper"
            )
        # no filter by a range
        if not hasattr(deciding, "min_closed_interval"):
            continue
        stat = stats.get(lower_name or upper_name, "")
        if stat == "alnum_ratio" and measuring.tokenization:
            stat = "alpha_token_ratio"
        smallest, largest = stat_range(stat)
        if not _has_room(lower, upper, smallest, largest, deciding):
            limits = f"; {stat} lies from {smallest:g} to {largest:g}" if stat else ""
            raise UserError(f"{where}: no value can meet {bounds}{limits}")


def _ranges(deciding: Any) -> list[tuple[str, str]]:
    """Return the settings of the lower and the upper end of each range, "" where there is none."""
    names = [setting.name for setting in dataclasses.fields(deciding)]
    ranges: list[tuple[str, str]] = []
    if "prob_threshold" in names:
        ranges.append(("", "prob_threshold"))
    for name in filter(is_end, names):
        lower, upper = f"min_{name[4:]}", f"max_{name[4:]}"
        pair = (lower if lower in names else "", upper if upper in names else "")
        if pair not in ranges:
            ranges.append(pair)
    return ranges


def _end(deciding: Any, setting: str, missing: float) -> float:
    """Return an end of a range as a number, `missing` where there is no such setting."""
    if not setting or getattr(deciding, setting) is None:
        return missing
    return number_of_bound(deciding, setting)


def _written(deciding: Any, *settings: str) -> str:
    """Return these settings as they are, and those that say how ends count if not the default."""
    words: list[str] = []
    for setting in settings:
        if setting:
            words.append(f"{setting} {getattr(deciding, setting)}")
    for flag in ("min_closed_interval", "max_closed_interval"):
        if not getattr(deciding, flag, True):
            words.append(f"{flag} false")
    if getattr(deciding, "reversed_range", False):
        words.append("reversed_range true")
    return ", ".join(words)


def _has_room(lower: float, upper: float, smallest: float, largest: float, deciding: Any) -> bool:
    """Whether a value from `smallest` to `largest` is kept; ends count as `in_range` has them."""
    closed_low, closed_high = deciding.min_closed_interval, deciding.max_closed_interval
    if deciding.reversed_range:
        below = smallest < lower or (smallest == lower and closed_low)
        above = upper < largest or (upper == largest and closed_high)
        return below or above
    if lower == upper:
        return closed_low and closed_high and smallest <= lower <= largest
    reaches_up = smallest < upper or (smallest == upper and closed_high)
    return reaches_up and (lower < largest or (lower == largest and closed_low))


def _check_shares_and_rows(settings: Any, where: str) -> None:
    for setting in dataclasses.fields(settings):
        value = getattr(settings, setting.name)
        if value is None:
            continue
        if setting.name in SHARES and not 0 <= value <= 1:
            raise UserError(f"{where}: {setting.name} is {value}; it must be in [0, 1]")
        if setting.name in ROWS and value < 0:
            raise UserError(f"{where}: {setting.name} is {value}; it must not be below 0")
    for kind in ("percentile", "rank"):
        lower = getattr(settings, f"lower_{kind}", None)
        upper = getattr(settings, f"upper_{kind}", None)
        if lower is not None and upper is not None and lower > upper:
            raise UserError(
                f"{where}: lower_{kind} {lower} is above upper_{kind} {upper}; "
                "no rank is in such a range"
            )
