"""Every published row of the challenge keeps the samples that pandas keeps by the same rule."""

from __future__ import annotations

import copy
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from support.small_pool import write_pool

from bettersynth.data.files.reading import read_table
from bettersynth.data.tables.stats import write_stats
from bettersynth.experiments.workflow.experiment import composed_params, experiment_names
from bettersynth.recipes.pool_filter import filter_pool
from bettersynth.recipes.recaptioning import samples_of
from bettersynth.settings.filter import FilterSettings
from bettersynth.settings.reading import read_settings

ROOT = Path(__file__).parents[1]
ROWS = 80
WHOLE = 400_000  # pairs of the challenge
# operator: its stat, and the range of the values that are made up here
STATS = {
    "words_num_filter": {"num_words": (3, 30)},
    "word_repetition_filter": {"word_rep_ratio": (0, 0.5)},
    "image_shape_filter": {"image_width": (200, 900), "image_height": (200, 900)},
    "image_text_similarity_filter": {"image_text_similarity": (0.2, 0.45)},
    "image_text_matching_filter": {"image_text_matching_score": (0, 1)},
    "image_aesthetics_filter": {"image_aesthetics_scores": (0.1, 0.8)},
    "image_watermark_filter": {"image_watermark_prob": (0, 1)},
    "phrase_grounding_recall_filter": {"phrase_grounding_recall": (0, 1)},
}
OF_TEXT = ("num_words", "word_rep_ratio")
OF_THE_KEPT = {
    "random_200k": lambda s: s,
    "clip_top_200k": lambda s: s.nlargest(ROWS // 2, "image_text_similarity"),
    "matching_top_200k": lambda s: s.nlargest(ROWS // 2, "image_text_matching_score"),
    "clip_300k_matching_200k": lambda s: s.nlargest(
        ROWS * 3 // 4, "image_text_similarity"
    ).nlargest(ROWS // 2, "image_text_matching_score"),
    "clip_matching_weighted": lambda s: s.loc[
        (z_score(s.image_text_similarity) + z_score(s.image_text_matching_score))
        .nlargest(ROWS // 2)
        .index
    ],
    "aesthetics_05": lambda s: s[s.image_aesthetics_scores >= 0.5],
    "matching_05": lambda s: s[s.image_text_matching_score >= 0.5],
    "similarity_032": lambda s: s[s.image_text_similarity >= 0.32],
    "words_num": lambda s: s[s.num_words >= 10],
    "watermark_captions": lambda s: s[s.image_watermark_prob <= 0.8],
    "similarity_032_captions": lambda s: s[s.image_text_similarity >= 0.32],
    "similarity_032_matching_098": lambda s: s[
        (s.image_text_similarity >= 0.32) & (s.image_text_matching_score >= 0.98)
    ],
    "seed_004_best": lambda s: s[
        (s.phrase_grounding_recall >= 0.5) & (s.image_text_matching_score >= 0.9984)
    ],
    "third_place": lambda s: s[
        s.num_words.between(6, 26)
        & (s.word_rep_ratio <= 0.3)
        & s.image_width.between(335, 769)
        & s.image_height.between(335, 769)
        & (s.image_watermark_prob <= 0.8)
        & (s.image_text_similarity >= 0.3232)
    ],
}
AESTHETICS = {"similarity_032_aesthetics": 0.3, "similarity_032_aesthetics_captions": 0.3}


def z_score(column: pd.Series) -> pd.Series:
    return (column - column.mean()) / column.std(ddof=0)


def kept_by_pandas(name: str, stats: pd.DataFrame) -> set[str]:
    if name in OF_THE_KEPT:
        return set(OF_THE_KEPT[name](stats).index)
    # the rows with aesthetics differ in bound and in what comes after
    bound = AESTHETICS.get(name, 0.5)
    both = (stats.image_text_similarity >= 0.32) & (stats.image_aesthetics_scores >= bound)
    return set(stats[both].index)


def scaled(recipe: list) -> list:
    """Return the recipe with ranks of 400,000 pairs as ranks of the rows here."""
    smaller = copy.deepcopy(recipe)
    for line in smaller:
        ((_, settings),) = line.items()
        if "topk" in settings:
            settings["topk"] = settings["topk"] * ROWS // WHOLE
    return smaller


@pytest.fixture
def stats(tmp_path, monkeypatch) -> pd.DataFrame:
    monkeypatch.chdir(tmp_path)
    ids = write_pool([f"caption {row}" for row in range(ROWS)])
    rng = np.random.default_rng(7)
    columns: dict[str, np.ndarray] = {}
    for operator, ranges in STATS.items():
        table = {}
        for stat, (low, high) in ranges.items():
            values = rng.uniform(low, high, ROWS)
            if isinstance(low, int) and high > 1:
                values = values.round()
            if stat == "image_text_matching_score":
                values = 1 - values**4  # crowded towards 1, as BLIP's are
            columns[stat] = values
            table[stat] = values.tolist() if stat in OF_TEXT else [[value] for value in values]
        write_stats(operator, ids, table)
    return pd.DataFrame(columns, index=ids)


@pytest.mark.parametrize(
    "name", [name for name in experiment_names(ROOT / "conf") if name.startswith("published/")]
)
def test_a_published_row_keeps_what_pandas_keeps(name, stats, monkeypatch, capsys):
    with monkeypatch.context() as in_project:
        in_project.chdir(ROOT)
        params = composed_params(name)
    params["filter"]["recipe"] = scaled(params["filter"]["recipe"])
    settings = read_settings(FilterSettings, params["filter"], "filter")
    filter_pool(settings, params)
    decisions = read_table("data/filter/decisions.parquet").to_pandas()
    kept = set(decisions.id[decisions.kept])
    assert kept == kept_by_pandas(name.removeprefix("published/"), stats)
    # filter first, then recaption: those that are left are asked for, and no others
    of = params["caption"]["of"]
    asked = samples_of(of, decisions.id.tolist())
    assert asked == (decisions.kept.tolist() if of == "kept" else [True] * ROWS)
