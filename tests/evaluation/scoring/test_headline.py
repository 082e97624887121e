"""The metrics of a run from its items."""

from __future__ import annotations

import pytest
from support.default_settings import default_settings

from bettersynth.data.tables.items import CHOICE_PROTOCOLS, item_table
from bettersynth.errors import UserError
from bettersynth.evaluation.scoring.baseline_scores import Baseline
from bettersynth.evaluation.scoring.headline import make_score, percent

LEVELS = {
    "mmbench": {"chance": {"likelihood": 0.3, "vanilla": 0.25, "circular": 0.1}},
    "textvqa": {"any_listed_token": 0.5},
}
SETTINGS = default_settings("score", bootstrap_draws=100, mmbench_protocol="strict")


def items():
    rows = []
    for seed in (0, 1):
        for number in range(10):
            common = {"seed": seed, "item": str(number), "rows": 2}
            right = float(number < 4 + seed)
            protocols = dict.fromkeys(CHOICE_PROTOCOLS, right)
            rows.append({**common, "benchmark": "mmbench", **protocols})
            rows.append({**common, "benchmark": "textvqa", "accuracy": 0.3 * right})
    return item_table(rows)


def test_scores_are_percent_with_bounds_chance_of_the_headline_and_counts():
    score = make_score(items(), SETTINGS, None, LEVELS, samples=12)
    assert (score["mmbench"], score["mmbench_vanilla"], score["textvqa"]) == (45.0, 45.0, 13.5)
    assert score["mmbench_low"] < 45 < score["mmbench_high"]
    assert (score["mmbench_chance"], score["mmbench_circular_chance"]) == (10.0, 10.0)
    assert score["textvqa_any_listed_token"] == 50.0
    assert (score["mmbench_best_blind"], score["textvqa_best_blind"]) == (10.0, 50.0)
    assert (score["samples"], score["seeds"], score["mmbench_protocol"]) == (12, 2, "strict")
    assert "total" not in score


def test_the_total_is_the_mean_ratio_to_the_baseline():
    baseline = Baseline(mmbench=22.5, textvqa=13.5, mmbench_protocol="strict", source="x")
    score = make_score(items(), SETTINGS, baseline, LEVELS, samples=12)
    assert score["total"] == pytest.approx((2.0 + 1.0) / 2, abs=1e-4)
    assert score["total_low"] < score["total"] < score["total_high"]
    assert next(iter(score)) == "total"


def test_shares_are_rounded_to_hundredths_of_a_percent():
    assert percent(1 / 3) == 33.33


def test_where_things_are_asked_for_they_are_the_headline_and_the_rest_is_reading():
    rows = items().to_pylist()
    for row in rows:
        row["category"] = "thing" if int(row["item"]) >= 4 else "top"
    reading = {"any_listed_token": 0.8, "first_listed_token": 0.9}
    levels = {**LEVELS, "textvqa": {**LEVELS["textvqa"], "reading": reading}}
    score = make_score(item_table(rows), SETTINGS, None, levels, samples=12)
    # of items 4 to 9 one is right, by one seed of two; items 0 to 3 are right by both
    assert (score["textvqa"], score["textvqa_reading"]) == (2.5, 30.0)
    assert score["textvqa_low"] < 2.5 < score["textvqa_high"]
    assert (score["textvqa_best_blind"], score["textvqa_reading_best_blind"]) == (50.0, 90.0)
    assert score["textvqa_any_listed_token"] == 50.0
    assert score["textvqa_reading_any_listed_token"] == 80.0
    words = Baseline(mmbench=22.5, textvqa=13.5, mmbench_protocol="strict", source="x")
    with pytest.raises(UserError, match="asked about words on signs, this run's asks about things"):
        make_score(item_table(rows), SETTINGS, words, levels, samples=12)
    # mmbench has no such kinds
    assert score["mmbench"] == 45.0
    assert "textvqa_reading" not in make_score(items(), SETTINGS, None, LEVELS, samples=12)
