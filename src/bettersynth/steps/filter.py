"""Apply the recipe to the measured pool: `data/filter/decisions.parquet` and `card.json`. Run alone: `python -m bettersynth.steps.filter`.

Nothing is measured here; moving a bound costs milliseconds.
"""

from __future__ import annotations

import zlib
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from bettersynth.data.files.reading import read_table
from bettersynth.data.files.writing import write_json, write_table
from bettersynth.errors import UserError
from bettersynth.experiments.workflow.run_step import run_step
from bettersynth.measuring.stat_tables import read_pool, read_values
from bettersynth.recipes import refine
from bettersynth.recipes.decisions import Decisions, decide, undecided
from bettersynth.recipes.lines import Line, read_recipe
from bettersynth.settings.filter import FilterSettings
from bettersynth.settings.reading import load_params, read_settings

FILTER = Path("data/filter")
PLANTED = Path("data/pool/planted.parquet")


def main() -> None:
    params = load_params()
    settings = read_settings(FilterSettings, params.get("filter"), "params.yaml: filter")
    lines = read_filter_recipe(settings, params)
    ids = read_pool()["id"].to_pylist()
    values = {
        line.name: read_values(line.name, ids) for line in lines if line.measuring is not None
    }
    decisions = undecided(len(ids))
    if settings.oracle:
        drop_planted(decisions, ids)
    decisions = decide(lines, values, ids, decisions)
    print(f"{len(ids):>8,} in the pool")
    bounds = {line.label: line.bounds for line in lines}
    for label, count in decisions.surviving.items():
        print(
            f"{count:>8,} after {label}"
            + (f" ({bounds[label]})" if settings.refine.rule and bounds.get(label) else "")
        )
    require_survivors(decisions, lines)
    surviving = dict(decisions.surviving)
    if settings.control == "random":
        decisions = draw_as_many(decisions, settings.seed)
        print(f"{int(decisions.kept.sum()):>8,} drawn at random instead")
    write_decisions(ids, decisions)
    reasons = Counter(rule for rule in decisions.rule if rule)
    card = {
        "pool": len(ids),
        "bounds": bounds,
        "surviving": surviving,
        "kept": int(decisions.kept.sum()),
    }
    card["dropped_by"] = dict(reasons.most_common())
    write_json(FILTER / "card.json", card)


def read_filter_recipe(settings: FilterSettings, params: dict[str, Any]) -> list[Line]:
    """Return the lines of `filter.recipe`, refined if asked for; their measuring settings are those of the section `stats`.

    Raises:
        UserError: an operator that cannot decide on measured values, or whatever is wrong with a line.
    """
    lines = read_recipe(
        settings.recipe, "params.yaml: filter.recipe", measured=params.get("stats") or {}
    )
    for line in lines:
        if line.kind == "mapper" or (line.kind == "selector" and line.name != "random_selector"):
            raise UserError(
                f"params.yaml: filter.recipe: {line.name} does not decide on stats; use it with `bettersynth run`"
            )
    if settings.refine.rule:
        ids = read_pool()["id"].to_pylist()
        lines = [
            refine.refine_line(
                line, read_values(line.name, ids) if refine.ends_of(line) else {}, settings.refine
            )
            for line in lines
        ]
    return lines


def drop_planted(decisions: Decisions, ids: list[str]) -> None:
    """Drop the planted mismatches under the rule `oracle`."""
    if not PLANTED.exists():
        raise UserError(
            f"filter.oracle needs {PLANTED}; only sources with planted mismatches have it"
        )
    table = read_table(PLANTED, ["id", "planted"])
    planted = {
        sample
        for sample, flag in zip(table["id"].to_pylist(), table["planted"].to_pylist(), strict=True)
        if flag
    }
    for k, sample in enumerate(ids):
        if sample in planted:
            decisions.kept[k], decisions.rule[k], decisions.bound[k] = (
                False,
                "oracle",
                "planted mismatch",
            )
    decisions.surviving["oracle"] = int(decisions.kept.sum())


def draw_as_many(decisions: Decisions, seed: int) -> Decisions:
    """Return decisions that keep as many rows, drawn at random from all of them."""
    rows = len(decisions.kept)
    rng = np.random.default_rng([seed, zlib.crc32(b"filter.control")])
    drawn = undecided(rows)
    drawn.kept = np.zeros(rows, dtype=bool)
    drawn.kept[rng.choice(rows, int(decisions.kept.sum()), replace=False)] = True
    drawn.rule = ["" if kept else "random" for kept in drawn.kept]
    drawn.bound = ["" if kept else "not drawn" for kept in drawn.kept]
    return drawn


def require_survivors(decisions: Decisions, lines: list[Line]) -> None:
    """Raise a UserError that names the rule that dropped most if no row is left."""
    if decisions.kept.any():
        return
    rule, count = Counter(decisions.rule).most_common(1)[0]
    bounds = next((f" ({line.bounds})" for line in lines if line.label == rule), "")
    raise UserError(
        f"no sample is left after filtering; {rule}{bounds} dropped most: {count:,} of {len(decisions.rule):,}"
    )


def write_decisions(ids: list[str], decisions: Decisions) -> None:
    columns = {
        "id": ids,
        "kept": decisions.kept,
        "rule": decisions.rule,
        "value": decisions.value,
        "bound": decisions.bound,
    }
    write_table(FILTER / "decisions.parquet", pa.table(columns))


if __name__ == "__main__":
    run_step(main)
