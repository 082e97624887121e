"""Scored experiments in memory, for tests of what lists and compares them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from bettersynth.data.tables.items import ITEM_SCHEMA, ITEMS, PROBABILITY, TEXT_PROTOCOL
from bettersynth.data.tables.score import SCORE
from bettersynth.experiments.history.compared_runs import Experiment
from bettersynth.experiments.history.known_runs import KnownRun

QUESTIONS = 20


def item_bytes(skill: float, seeds: Sequence[int]) -> bytes:
    """Answers of which a share `skill` is right, as the score step keeps them."""
    rng = np.random.default_rng(0)
    columns: dict[str, list[Any]] = {name: [] for name in ITEM_SCHEMA.names}
    for benchmark, protocol in (("mmbench", "likelihood"), ("textvqa", TEXT_PROTOCOL)):
        for seed in seeds:
            for number in range(QUESTIONS):
                row = dict.fromkeys(ITEM_SCHEMA.names)
                right = float(rng.random() < skill)
                row |= {"benchmark": benchmark, "seed": seed, "item": str(number), protocol: right}
                if benchmark == "mmbench":
                    row["likelihood_minus_prior"] = right
                    row[PROBABILITY] = 0.25 + right / 2
                for name, value in row.items():
                    columns[name].append(value)
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table(columns, schema=ITEM_SCHEMA), sink)
    return sink.getvalue().to_pybytes()


def whole_score(**others: Any) -> dict[str, Any]:
    """The least that every version of the score step wrote, with `others` in it."""
    score = {"mmbench_chance": 37.5, "mmbench_circular_chance": 12.7}
    score |= {"textvqa_any_listed_token": 50.0, "mmbench_likelihood": 50.0}
    for benchmark in ("mmbench", "textvqa"):
        score |= {benchmark: 50.0, f"{benchmark}_low": 40.0, f"{benchmark}_high": 60.0}
    return score | {"mmbench_protocol": "likelihood", "samples": 12, "seeds": 3} | others


def similar_from(threshold: float) -> dict[str, Any]:
    """Return a section `filter` whose one rule is a bound of the similarity."""
    rule = {"image_text_similarity_filter": {"min_score": threshold}}
    return {"threshold": threshold, "recipe": [rule]}


def known_run(
    name: str,
    skill: float,
    threshold: float = 0.25,
    seeds: Sequence[int] = (0, 1, 2),
    params: dict[str, Any] | None = None,
    also: tuple[str, ...] = (),
    with_items: bool = True,
) -> KnownRun:
    score = whole_score(samples=int(1000 * skill), seeds=len(seeds))
    for benchmark in ("mmbench", "textvqa"):
        score |= {
            benchmark: 100 * skill,
            f"{benchmark}_low": 100 * skill - 3,
            f"{benchmark}_high": 100 * skill + 3,
        }
    files = {str(SCORE): json.dumps(score).encode()}
    if with_items:
        files[str(ITEMS)] = item_bytes(skill, seeds)
    experiment = Experiment(
        name=name,
        params=params or {"filter": {"threshold": threshold}},
        lock={},
        costs={},
        read=lambda path: files.get(str(path)),
    )
    return KnownRun(experiment, score, "2026-11-01T00:00:00+00:00", "", also)
