"""What the page shows of pool, recipe and training set, gathered from the tables and cards of the
stages.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from bettersynth.data.files.jsonl_rows import json_objects
from bettersynth.data.files.reading import read_table
from bettersynth.data.pictures.images import ImageStore
from bettersynth.data.pool.card import read_card
from bettersynth.data.samples.planted_captions import original_captions, planted_rows
from bettersynth.data.samples.pool_samples import read_pool
from bettersynth.data.tables.column_rows import take_rows
from bettersynth.data.tables.contamination import read_contamination_card
from bettersynth.data.tables.decisions import read_filter_card
from bettersynth.data.tables.drawn import DRAWN_IMAGES
from bettersynth.data.tables.made_files import made, read_made_table
from bettersynth.data.tables.mix import MIX_DECISIONS, TRAIN, read_mix_card
from bettersynth.data.tables.restats import RESTATS
from bettersynth.data.tables.rewritten import read_rewrite_card
from bettersynth.data.tables.samples import POOL_IMAGES
from bettersynth.errors import UserError
from bettersynth.experiments.report.detector import similarity_detector
from bettersynth.experiments.report.flow import contamination_sentence, flow, set_aside
from bettersynth.experiments.report.sample_part import Trained, drawn_pairs, drawn_rows
from bettersynth.experiments.report.source_rows import source_rows
from bettersynth.experiments.report.stat_views import SIMILARITY, stat_views
from bettersynth.measuring.number_rule import numbers_of
from bettersynth.recipes.lines import Line
from bettersynth.recipes.pool_recipe import read_pool_recipe
from bettersynth.recipes.stored_columns import quick_column
from bettersynth.settings.filter import FilterSettings
from bettersynth.settings.reading import read_settings

# of all decisions; reasons are sentences, of which few are shown
DECIDED = ("caption_source", "candidate", "similarity_before")


def data_content(params: dict[str, Any]) -> dict[str, Any]:
    """Return what the template shows of the data, by the template's names.

    Raises:
        UserError: an input is missing, damaged, or of another pool.
    """
    settings = read_settings(FilterSettings, params.get("filter"), "params.yaml: filter")
    lines = read_pool_recipe(settings, params)
    samples = read_pool(("id", "text", "images", "source"))
    ids = samples["id"]
    decisions = _decisions_of(ids)
    pool_card = read_card()
    mix_card = read_mix_card()
    restats = read_table(RESTATS) if RESTATS.exists() else None
    views = stat_views(ids, sorted(params.get("stats") or {}), lines, decisions, restats)
    planted = planted_rows(ids)
    similarity = numbers_of(quick_column(decisions["similarity_before"]))
    is_planted = np.zeros(len(ids), dtype=bool) if planted is None else planted
    threshold = _threshold(lines)
    image_folders = [POOL_IMAGES, DRAWN_IMAGES] if "drawn" in mix_card else [POOL_IMAGES]
    drawn = drawn_rows(decisions)
    trained = trained_samples(take_rows(ids, drawn["recaptioned"]).to_pylist())
    drawn_ids = take_rows(ids, np.concatenate(list(drawn.values())))
    originals = original_captions(drawn_ids)
    decided = _decisions_on(drawn_ids.to_pylist())
    pairs = drawn_pairs(drawn, samples, decided, trained, originals, ImageStore(*image_folders))
    counts = mix_card["counts"]
    return {
        "flow": flow(pool_card, read_rewrite_card(), read_filter_card(), mix_card, lines),
        "rejected": set_aside(pool_card),
        "sources": source_rows(mix_card),
        "contamination": contamination_sentence(read_contamination_card()),
        "stats": views,
        "stats_of_new_text": any(view.new_text for view in views) or not counts["exchanged"],
        "detector": similarity_detector(similarity, is_planted, mix_card, threshold),
        "detectors": mix_card.get("detectors", {}),
        "planted": mix_card.get("planted", {}),
        "counts": counts,
        "pairs": pairs,
        "kind_counts": {
            "kept": counts["original"],
            "recaptioned": counts["exchanged"],
            "dropped": counts["pool"] - counts["samples"],
        },
    }


def _decisions_on(ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return the rows of a few samples with their reasons, by id."""
    columns = ["id", "similarity_before", "similarity", "reason"]
    rows = read_made_table(MIX_DECISIONS, columns, {"id": ids}).to_pylist()
    return {row["id"]: row for row in rows}


def _decisions_of(ids: pa.ChunkedArray) -> pa.Table:
    decisions = read_made_table(MIX_DECISIONS, ["id", *DECIDED])
    if not decisions["id"].equals(ids):
        raise UserError(
            f"{MIX_DECISIONS} belongs to another pool; run `snakemake --cores all {MIX_DECISIONS}`"
        )
    return decisions


def _threshold(lines: Sequence[Line]) -> float | None:
    """Return the similarity below which the recipe drops, refined or not; None without a rule."""
    for line in lines:
        if line.table == f"{SIMILARITY}_filter":
            return line.deciding.min_score
    return None


def trained_samples(wanted: Collection[str]) -> dict[str, Trained]:
    """Return the caption and picture that each of the `wanted` ids is trained on, by id."""
    trained: dict[str, Trained] = {}
    with made(TRAIN):
        for _, sample in json_objects(TRAIN):
            if sample["id"] in wanted:
                caption = sample["conversations"][1]["value"]
                trained[sample["id"]] = Trained(caption, sample.get("image", ""))
    return trained
