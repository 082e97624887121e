"""Every published row of the challenge keeps the samples that pandas keeps by the same rule, and so
does its twin on nano by the same share.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from support.small_pool import write_pool

from bettersynth.data.files.reading import read_table
from bettersynth.data.tables.stats import write_stats
from bettersynth.experiments.workflow.experiment import composed_params, experiment_names
from bettersynth.measuring.protocols import EMBEDDING
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
    "image_size_filter": {"image_sizes": (100, 9000)},
    "image_aspect_ratio_filter": {"aspect_ratios": (0.2, 4.0)},
    "text_length_filter": {"text_len": (30, 60)},
    # 0 and 1 are two languages
    "language_id_score_filter": {"lang": (0, 1), "lang_score": (0.0, 0.9)},
}
OF_TEXT = ("num_words", "word_rep_ratio", "text_len", "lang", "lang_score")
LANGUAGES = ("en", "zh")
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


def basic_rules(stats: pd.DataFrame, side: int) -> pd.DataFrame:
    """DataComp's rules on words and pictures."""
    words = (stats.num_words >= 5) & (stats.text_len >= 34)
    shape = (stats.image_width >= side) & (stats.image_height >= side)
    return stats[words & shape & stats.aspect_ratios.between(0.333, 3.0)]


OF_THE_KEPT |= {
    "datacomp_clip_30": lambda s: s.nlargest(ROWS * 3 // 10, "image_text_similarity"),
    "datacomp_basic": lambda s: basic_rules(s[s.lang == "en"], 200),
}
# drawn: how many is known, which is not
DRAWN = {
    "datacomp_random": 0.3,
    "datacomp_image_clusters": 0.3,
    "datacomp_text_clusters": 0.3,
    "nano/datacomp_random": 0.3,
    "nano/datacomp_image_clusters": 0.3,
    "nano/datacomp_text_clusters": 0.3,
    "nano/watermark_captions": 277 / 400,
}
AESTHETICS = {"similarity_032_aesthetics": 0.3, "similarity_032_aesthetics_captions": 0.3}


def z_score(column: pd.Series) -> pd.Series:
    return (column - column.mean()) / column.std(ddof=0)


def best(*ranks: tuple[str, int, int]) -> Callable[[pd.DataFrame], pd.DataFrame]:
    """Keep of (stat, part, whole) the largest values of a stat, `part` of `whole`, one by one."""

    def keep(stats: pd.DataFrame) -> pd.DataFrame:
        for stat, part, whole in ranks:
            stats = stats.nlargest(len(stats) * part // whole, stat)
        return stats

    return keep


CLIP_222 = ("image_text_similarity", 222, 400)
OF_NANO = {
    "random_200k": lambda s: s,
    "clip_top_200k": best(("image_text_similarity", 200, 400)),
    "matching_top_200k": best(("image_text_matching_score", 200, 400)),
    "clip_300k_matching_200k": best(
        ("image_text_similarity", 300, 400), ("image_text_matching_score", 200, 300)
    ),
    "clip_matching_weighted": OF_THE_KEPT["clip_matching_weighted"],
    "aesthetics_05": best(("image_sizes", 120, 400)),
    "matching_05": best(("image_text_matching_score", 385, 400)),
    "words_num": best(("num_words", 240, 400)),
    "similarity_032": best(CLIP_222),
    "similarity_032_captions": best(CLIP_222),
    "similarity_032_aesthetics": best(CLIP_222),
    "similarity_032_aesthetics_captions": best(CLIP_222),
    "similarity_032_matching_098": best(CLIP_222, ("image_text_matching_score", 198, 222)),
    "seed_004_best": best(("image_text_matching_score", 123_037, 400_000)),
    "third_place": lambda s: s[(s.word_rep_ratio <= 0.3) & (s.image_text_similarity >= 0.346)],
    "datacomp_clip_30": OF_THE_KEPT["datacomp_clip_30"],
    "datacomp_basic": lambda s: basic_rules(s, 95),
}
for row, thousands in (("captions", 60), ("captions_x4", 60), ("", 60)):
    of_row = f"similarity_032_aesthetics_05_{row}".rstrip("_")
    OF_NANO[of_row] = best(CLIP_222, ("image_sizes", thousands, 222))
for times in (1, 2, 4):
    of_row = f"similarity_032_aesthetics_05_llava_x{times}"
    OF_NANO[of_row] = best(CLIP_222, ("image_sizes", 48, 222))


def kept_by_pandas(name: str, stats: pd.DataFrame) -> set[str]:
    if name.startswith("nano/"):
        return set(OF_NANO[name.removeprefix("nano/")](stats).index)
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
            if isinstance(low, int) and (high > 1 or stat == "lang"):
                values = values.round()
            if stat == "image_text_matching_score":
                values = 1 - values**4  # crowded towards 1, as BLIP's are
            columns[stat] = values
            if stat == "lang":
                columns[stat] = np.array(LANGUAGES)[values.astype(int)]
            listed = columns[stat].tolist()
            table[stat] = listed if stat in OF_TEXT else [[value] for value in listed]
        write_stats(operator, ids, table)
    # samples without an embedding are one cluster
    write_stats("cluster_balanced_selector", ids, {EMBEDDING: [""] * ROWS})
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
    row = name.removeprefix("published/")
    if row in DRAWN:
        assert len(kept) == int(DRAWN[row] * ROWS)
    else:
        assert kept == kept_by_pandas(row, stats)
    # filter first, then recaption: those that are left are asked for, and no others
    of = params["caption"]["of"]
    asked = samples_of(of, decisions.id.tolist())
    assert asked == (decisions.kept.tolist() if of == "kept" else [True] * ROWS)
