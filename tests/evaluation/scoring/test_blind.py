"""Answers without the picture, beside a run's scores."""

from __future__ import annotations

from bettersynth.data.tables.items import WITHOUT_PICTURE, item_table
from bettersynth.evaluation.scoring.blind import MODEL, best_blind, blind_scores

LEVELS = {
    "mmbench": {
        "chance": {"likelihood": 0.3, "vanilla": 0.25, "circular": 0.1},
        "blind": {"longest_option": {"likelihood": 0.4, "vanilla": 0.5, "circular": 0.35}},
    },
    "textvqa": {"any_listed_token": 0.5, "place_rule": 0.6, "best_listed_token": 0.9},
}


def items(*shares: float):
    rows = []
    for seed, share in enumerate(shares):
        rows.append({"benchmark": "mmbench", "seed": seed, "item": "1", WITHOUT_PICTURE: share})
    return item_table(rows)


def test_rules_are_those_of_the_protocol_and_bounds_from_above_are_no_rules():
    blind = blind_scores(LEVELS, items(), "strict")
    assert blind["mmbench"] == {"any option": 0.1, "longest option": 0.35}
    assert blind["textvqa"] == {"any listed token": 0.5, "place rule": 0.6}
    assert best_blind(blind["textvqa"]) == ("place rule", 0.6)


def test_the_model_without_the_picture_stands_among_them_under_likelihood():
    blind = blind_scores(LEVELS, items(1.0, 0.0), "likelihood_minus_prior")
    assert blind["mmbench"] == {"any option": 0.3, "longest option": 0.4, MODEL: 0.5}
    assert best_blind(blind["mmbench"]) == (MODEL, 0.5)


def test_items_of_an_older_version_know_rules_alone():
    old = items(1.0).drop_columns([WITHOUT_PICTURE])
    assert MODEL not in blind_scores(LEVELS, old, "likelihood")["mmbench"]
