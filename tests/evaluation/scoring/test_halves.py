"""A benchmark's pictures fall into two halves, whoever answers and in whatever order."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from support.default_settings import default_settings

from bettersynth.data.tables.items import CHOICE_PROTOCOLS, item_table
from bettersynth.evaluation.scoring.halves import half_scores, items_of_half


def items(seeds=(0, 1), pictures=11):
    rows = []
    for seed in seeds:
        for number in range(2 * pictures):
            # two questions a picture
            common = {"seed": seed, "item": str(number), "picture": f"p{number // 2}", "rows": 1}
            right = dict.fromkeys(CHOICE_PROTOCOLS, float(number % 3 == 0))
            rows.append({**common, "benchmark": "mmbench", **right})
            rows.append({**common, "benchmark": "textvqa", "accuracy": float(number % 2)})
    return item_table(rows)


def pictures_of(half: pa.Table, benchmark: str) -> set[str]:
    rows = half.filter(pa.compute.equal(half["benchmark"], benchmark))
    return set(rows["picture"].to_pylist())


def test_the_halves_part_the_pictures_of_each_benchmark():
    whole = items()
    seen, unseen = items_of_half(whole, "seen"), items_of_half(whole, "unseen")
    assert seen.num_rows + unseen.num_rows == whole.num_rows
    for benchmark in ("mmbench", "textvqa"):
        assert len(pictures_of(seen, benchmark)) == 6
        assert len(pictures_of(unseen, benchmark)) == 5
        assert not pictures_of(seen, benchmark) & pictures_of(unseen, benchmark)
    # questions of one picture, and its row of another seed, went together
    assert pictures_of(seen, "mmbench") != pictures_of(seen, "textvqa")


def test_seeds_and_the_order_of_rows_do_not_matter_and_the_split_has_a_seed_of_its_own():
    whole = items()
    shuffled = whole.take(np.random.default_rng(0).permutation(whole.num_rows))
    seen = pictures_of(items_of_half(whole, "seen"), "mmbench")
    assert pictures_of(items_of_half(shuffled, "seen"), "mmbench") == seen
    assert pictures_of(items_of_half(items(seeds=(7,)), "seen"), "mmbench") == seen
    assert pictures_of(items_of_half(whole, "seen", seed=1), "mmbench") != seen


def test_an_item_without_a_picture_has_one_of_its_own():
    rows = [{"benchmark": "mmbench", "seed": 0, "item": str(number)} for number in range(4)]
    assert items_of_half(item_table(rows), "seen").num_rows == 2


def test_a_half_is_scored_under_the_names_of_the_whole():
    settings = default_settings("score", bootstrap_draws=100, mmbench_protocol="strict")
    score = half_scores(items(), "unseen", settings, None)
    of_half = items_of_half(items(), "unseen").to_pandas()
    right = of_half[of_half["benchmark"] == "mmbench"]["strict"].mean()
    assert score["mmbench"] == round(100 * right, 2)
    assert score["mmbench_low"] < score["mmbench"] < score["mmbench_high"]


def test_things_and_reading_are_halved_apart():
    rows = items().to_pylist()
    for row in rows:
        row["category"] = "thing" if int(row["item"]) < 8 else "top"
    seen = items_of_half(item_table(rows), "seen").to_pandas()
    asked = seen[seen["benchmark"] == "textvqa"]
    pictures = asked.groupby("category")["picture"].nunique()
    # of 4 pictures with things, and of 7 others
    assert (pictures["thing"], pictures["top"]) == (2, 4)
