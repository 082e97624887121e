"""A small run in the current folder as far as its report reads it: data, scores, loss curves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bettersynth.data.files.writing import write_json
from bettersynth.steps import filter as filter_step
from bettersynth.steps import mix, score, stats
from support.small_answers import write_answers, write_benchmarks
from support.small_pool import write_candidates, write_params, write_pool, write_similarity

CAPTIONS = [
    "a dog",
    "a <script>alert(1)</script> cat",
    "a red car",
    "a tall tree",
    "a blue fish",
    "a green hat",
    "one old ship",
    "a big house",
]
SIMILARITY = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.22, 0.45]
PLANTED = [True, True, False, False, True, False, False, False]
STATS = {
    "image_text_similarity_filter": {"hf_clip": "nano"},
    "words_num_filter": {},
    "image_shape_filter": {},
}
RECIPE = [
    {"words_num_filter": {"min_num": 2}},
    {"image_text_similarity_filter": {"min_score": 0.35}},
    {"image_shape_filter": {"min_width": 40}},
]


def make_data(planted: list[bool] | None, **score_settings: Any) -> dict[str, Any]:
    """Write pool, stats, decisions and training set; return the settings."""
    ids = write_pool(CAPTIONS, planted=planted)
    card = {"samples": {}, "rejected": {"not an image": 2}, "duplicates": {"pool: same picture": 1}}
    write_json("data/pool/card.json", card)
    write_similarity(ids, SIMILARITY)
    params = {
        "seeds": [0, 1, 2],
        "stats": STATS,
        "filter": {"recipe": RECIPE, "threshold": 0.35},
        "mix": {"visits": 20, "exchange": True, "exchange_threshold": 0.35},
        "score": {"bootstrap_draws": 300, **score_settings},
    }
    params = write_params(**params)
    for name in ("words_num_filter", "image_shape_filter"):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("sys.argv", ["stats", name])
            stats.main()
    write_candidates([("s00", 0, "a brown dog", 0.5), ("s01", 0, "nothing much", 0.1)])
    filter_step.main()
    mix.main()
    return params


def make_scores(reading: float = 0.3) -> None:
    """Write benchmarks and answers, and score them."""
    write_benchmarks()
    write_answers(reading=reading)
    score.main()


def make_run(
    planted: list[bool] | None, reading: float = 0.3, **score_settings: Any
) -> dict[str, Any]:
    """Write all that the report reads; return the settings."""
    params = make_data(planted, **score_settings)
    make_scores(reading)
    for stage in ("pretrain", "finetune"):
        for seed in range(3):
            path = Path(f"results/{stage}/{seed}.tsv")
            path.parent.mkdir(parents=True, exist_ok=True)
            lines = [f"{step}\t{3 / (step + seed)}\t0.001\n" for step in range(1, 30)]
            path.write_text("step\tloss\tlr\n" + "".join(lines))
    return params
