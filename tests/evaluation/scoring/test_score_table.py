"""The printed table says in words what the numbers say."""

from __future__ import annotations

from bettersynth.data.tables.items import CHOICE_PROTOCOLS, item_table
from bettersynth.evaluation.scoring.baseline_scores import Baseline
from bettersynth.evaluation.scoring.score_table import score_table, seen_difference

SCORE = {
    "mmbench": 60.0, "mmbench_low": 50.0, "mmbench_high": 70.0, "mmbench_chance": 37.5,
    "mmbench_circular_chance": 12.7, "mmbench_protocol": "likelihood",
    "textvqa": 20.0, "textvqa_low": 10.0, "textvqa_high": 30.0, "textvqa_any_listed_token": 50.0,
    **{f"mmbench_{protocol}": 60.0 for protocol in CHOICE_PROTOCOLS},
    "total": 1.1, "total_low": 0.9, "total_high": 1.3, "seeds": 2,
}  # fmt: skip


def items(seeds=(0, 1)):
    rows = []
    for seed in seeds:
        for number in range(10):
            common = {"seed": seed, "item": str(number), "rows": 2}
            right = float((number + seed) % 3 > 0)
            rows.append(
                {**common, "benchmark": "mmbench", **dict.fromkeys(CHOICE_PROTOCOLS, right)}
            )
            rows.append({**common, "benchmark": "textvqa", "accuracy": right})
    return item_table(rows)


def test_scores_stand_with_bounds_and_guessing_and_a_verdict_each():
    lines = score_table(SCORE, None, items()).splitlines()
    assert lines[1].startswith("scores in percent, mean of 2 seeds")
    assert lines[3].split() == "MMBench (likelihood) 60.00 50.00 - 70.00 37.50 (chance)".split()
    (strict,) = (line for line in lines if "MMBench strict" in line)
    assert strict.endswith("12.70 (chance)")
    (vanilla,) = (line for line in lines if "MMBench vanilla" in line)
    assert not vanilla.endswith("(chance)")
    assert "no total: score.baseline is null" in lines
    assert "MMBench beats guessing" in lines
    assert "TextVQA does not beat guessing" in lines


def test_the_total_names_its_baseline():
    baseline = Baseline(1.0, 1.0, "likelihood", "the first run")
    table = score_table(SCORE, baseline, items())
    assert "1.100   0.900 - 1.300   1 = the first run" in table


def test_scores_from_before_there_was_a_baseline_are_shown_without_a_total():
    baseline = Baseline(1.0, 1.0, "likelihood", "the first run")
    older = {name: value for name, value in SCORE.items() if not name.startswith("total")}
    lines = score_table(older, baseline, items()).splitlines()
    assert "no total: these scores are older than score.baseline; run the score step" in lines


def test_a_protocol_that_older_scores_lack_has_no_line():
    older = {name: value for name, value in SCORE.items() if name != "mmbench_probability"}
    shown = score_table(older, None, items())
    assert "MMBench probability" not in shown and "MMBench vanilla" in shown


def test_one_seed_cannot_tell_of_another_training():
    text = seen_difference(items(seeds=(0,)), "mmbench", "likelihood", "MMBench")
    assert text.startswith("MMBench: one seed, so the interval leaves the training out")
    text = seen_difference(items(), "textvqa", "accuracy", "TextVQA")
    assert text.startswith("TextVQA: with 2 seeds ")


def test_every_blind_rule_stands_below():
    levels = {
        "mmbench": {"chance": {"likelihood": 0.375}},
        "textvqa": {"any_listed_token": 0.5, "place_rule": 0.2},
    }
    lines = score_table(SCORE, None, items(), levels).splitlines()
    assert "TextVQA without the picture: any listed token 50.00, place rule 20.00" in lines
    assert "MMBench without the picture: any option 37.50" in lines


def test_the_best_answer_without_the_picture_has_a_verdict_where_the_score_is_read_again():
    lines = score_table(
        {**SCORE, "mmbench_best_blind": 37.5, "textvqa_best_blind": 50.0}, None, items()
    ).splitlines()
    assert "TextVQA does not beat the best answer without the picture (50.00)" in lines
    assert "MMBench beats the best answer without the picture (37.50)" in lines
    older = score_table(SCORE, None, items())
    assert "without the picture" not in older


def test_reading_stands_apart_with_its_own_blind_rules():
    rows = items().to_pylist()
    for row in rows:
        row["category"] = "thing" if int(row["item"]) < 5 else "top"
    reading = {"textvqa_reading": 85.0, "textvqa_reading_low": 80.0, "textvqa_reading_high": 90.0}
    reading |= {"textvqa_reading_any_listed_token": 55.0, "textvqa_reading_best_blind": 84.0}
    levels = {
        "mmbench": {"chance": {"likelihood": 0.375}},
        "textvqa": {"any_listed_token": 0.35, "reading": {"place_rule": 0.84}},
    }
    lines = score_table(SCORE | reading, None, item_table(rows), levels).splitlines()
    assert lines[5].split()[:3] == ["TextVQA", "reading", "(soft"]
    assert lines[5].endswith("85.00   80.00 - 90.00   55.00 (any listed token)")
    assert "TextVQA without the picture: any listed token 35.00" in lines
    assert "TextVQA reading without the picture: place rule 84.00" in lines
    seen = "TextVQA reading is not told from the best answer without the picture (84.00)"
    assert seen in lines
