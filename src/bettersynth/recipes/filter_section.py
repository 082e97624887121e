"""The section `filter` of `params.yaml`: its lines, and what it and its neighbours ask of `stats`.

No data is read and nothing heavy is imported, so that settings are checked before any stage runs.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from typing import Any

from bettersynth.data.samples.sample_rows import STATS_FIELD
from bettersynth.data.tables.samples import OWN_SIMILARITY, SAMPLE_SCHEMA
from bettersynth.errors import UserError
from bettersynth.operators import load_operator
from bettersynth.recipes.lines import Line, read_recipe
from bettersynth.recipes.rewrite_section import place_of_mapper
from bettersynth.recipes.stats_section import operator_of, suffix_of
from bettersynth.settings.caption import CaptionSettings
from bettersynth.settings.filter import FilterSettings
from bettersynth.settings.mix import MixSettings

SIMILARITY_OPERATOR = "image_text_similarity_filter"
SIMILARITY = "image_text_similarity"
# as conf/filter/own_similarity.yaml writes it
OWN_BOUND = re.compile(rf"\b{OWN_SIMILARITY.name} >= ([-+.\deE]+)")


def read_lines(settings: FilterSettings, params: dict[str, Any]) -> list[Line]:
    """Return the lines of `filter.recipe` as they are written.

    Their measuring settings are those of the section `stats`; lines that read fields hold their
    own where that section does not name them.

    Raises:
        UserError: an operator that cannot decide over the pool, or whatever is wrong with a line.
    """
    where = "params.yaml: filter.recipe"
    lines = read_recipe(settings.recipe, where, measured=params.get("stats") or {})
    for line in lines:
        if line.kind == "mapper" or line.rewrites_all:
            raise UserError(f"{where}: {line.name} decides nothing; {place_of_mapper(line)}")
        _require_threshold(settings.threshold, line)
    with_sources: list[Line] = []
    for position, line in enumerate(lines):
        with_sources.append(_with_measured_fields(line, lines[:position], params, where))
    return with_sources


def _with_measured_fields(
    line: Line, before: Sequence[Line], params: dict[str, Any], where: str
) -> Line:
    """Return a selector's line with the stats that hold what it compares; others as they are.

    Raises:
        UserError: nothing measures it, or the sample table has no such column.
    """
    if not line.compared_fields:
        return line
    tables = _tables_by_column(params)
    fields = [*SAMPLE_SCHEMA.names, OWN_SIMILARITY.name]
    # such a line may be given any name to measure by: what it measured is looked up among the rows
    measured_here = any(other.measures and not other.stored for other in before)
    measured_by: list[tuple[str, str]] = []
    for path in line.compared_fields:
        first, _, stat = path.partition(".")
        if first != STATS_FIELD:
            if first not in fields:
                known = ", ".join([*fields, f"{STATS_FIELD}.NAME"])
                raise UserError(f"{where}: {line.label} compares {path}; fields are: {known}")
            continue
        if stat in tables:
            measured_by.append((path, tables[stat]))
        elif not measured_here:
            known = ", ".join(sorted(tables)) or "none"
            raise UserError(
                f"{where}: {line.label} compares {path}, which nothing measures; add its operator "
                f"to the section stats (measured are: {known})"
            )
    return dataclasses.replace(line, measured_by=tuple(measured_by))


def _tables_by_column(params: dict[str, Any]) -> dict[str, str]:
    """Return the stat of the section `stats` that holds each column."""
    section = params.get("stats") or {}
    tables: dict[str, str] = {}
    for name in section:
        for column in getattr(load_operator(operator_of(section, name)), "STATS", ()):
            tables[column + suffix_of(section, name)] = name
    return tables


def _require_threshold(threshold: float | None, line: Line) -> None:
    """Pass if a similarity line decides by `filter.threshold`, which is what a run is known by.

    conf/ puts the one into the other when it is composed; an edit of params.yaml does not.

    Raises:
        UserError: the line has another bound.
    """
    if threshold is None:
        return
    if line.table == SIMILARITY_OPERATOR and "min_score" in line.given:
        setting, bound = "min_score", line.deciding.min_score
    elif own := OWN_BOUND.search(getattr(line.measuring, "filter_condition", "")):
        setting, bound = "filter_condition", float(own[1])
    else:
        return
    if bound != threshold:
        raise UserError(
            f"params.yaml: filter.threshold is {threshold:g}, but {setting} of {line.name} in "
            f"filter.recipe is {bound:g}; set both, or compose them: "
            f"`bettersynth compose filter.threshold={threshold:g}`, "
            f"`dvc exp run -S filter.threshold={threshold:g}`"
        )


def require_similarity(caption: CaptionSettings, mix: MixSettings, params: dict[str, Any]) -> None:
    """Pass if the similarity is measured where captions are made or exchanged by it.

    Raises:
        UserError: no stage measures it.
    """
    if caption.captioner == "none" or SIMILARITY_OPERATOR in (params.get("stats") or {}):
        return
    raise UserError(
        f"params.yaml: stats lacks {SIMILARITY_OPERATOR}, by which caption chooses its slice"
        + (" and mix its captions" if mix.exchange else "")
        + "; add it, or set caption.captioner to none"
    )
