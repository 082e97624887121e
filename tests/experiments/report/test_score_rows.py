"""The bars of scores: every protocol, category and question kind."""

from __future__ import annotations

import pytest

from bettersynth.data.tables.items import CHOICE_PROTOCOLS, PROBABILITY, completed, item_table
from bettersynth.experiments.report.score_rows import category_rows, kind_rows, score_rows

LEVELS = {
    "mmbench": {"chance": {"likelihood": 0.3, "vanilla": 0.25, "circular": 0.1}},
    "textvqa": {"any_listed_token": 0.5, "kinds": {"top": {"any_listed_token": 0.4}}},
}


@pytest.fixture(scope="module")
def items():
    rows = []
    for seed in (0, 1):
        for number in range(12):
            right = float((number + seed) % 3 > 0)
            row = {"seed": seed, "item": str(number), "rows": 2, "chance": 0.5}
            choice = {"category": "food" if number % 2 else "animals", "l2_category": "CP"}
            rows.append(
                {**row, **choice, "benchmark": "mmbench", **dict.fromkeys(CHOICE_PROTOCOLS, right)}
            )
            rows[-1]["vanilla_lmms_eval"] = right
            text = {"category": "top" if number < 4 else "only", "l2_category": ""}
            rows.append({**row, **text, "benchmark": "textvqa", "accuracy": right})
    return item_table(rows)


def test_the_headline_and_textvqa_come_first_with_a_dot_a_seed(items) -> None:
    rows = score_rows(items, {"mmbench_protocol": "circular"}, LEVELS)
    assert [row.label for row in rows][:3] == ["MMBench circular", "TextVQA", "MMBench likelihood"]
    assert [row.headline for row in rows] == [True, True, False, False, False, False, False]
    assert rows[0].guess == 10.0
    assert (rows[1].guess, rows[1].guess_label) == (50.0, "any listed token")
    assert rows[0].seeds == pytest.approx((800 / 12, 800 / 12))
    assert rows[0].low < rows[0].score < rows[0].high


def test_a_protocol_that_older_items_lack_has_no_bar(items) -> None:
    older = completed(items.drop_columns([PROBABILITY]))
    rows = score_rows(older, {"mmbench_protocol": "circular"}, LEVELS)
    labels = [row.label for row in score_rows(items, {"mmbench_protocol": "circular"}, LEVELS)]
    labels.remove("MMBench probability")
    assert [row.label for row in rows] == labels


def test_categories_have_the_chance_of_the_protocol(items) -> None:
    ability, *categories = category_rows(items, "strict")
    assert (ability.label, ability.note, ability.guess) == (
        "CP",
        "coarse perception, 12 questions",
        25.0,
    )
    assert [row.label for row in categories] == ["animals", "food"]
    assert category_rows(items, "likelihood")[0].guess == 50.0


def test_where_every_rolled_row_counts_the_chance_of_a_category_counts_them_too(items) -> None:
    rows = items.to_pylist()
    for row in rows:
        # half of each category has four options and so four rolled rows
        if int(row["item"]) % 4 < 2:
            row |= {"rows": 4, "chance": 0.25}
    table = item_table(rows)
    for protocol in ("vanilla", "vanilla_lmms_eval"):
        # of 6 rows a question gets 2 right: 4 x 1/4 + 2 x 1/2
        guesses = [row.guess for row in category_rows(table, protocol)]
        assert guesses == pytest.approx([100 / 3] * 3)
    assert category_rows(table, "likelihood")[0].guess == 37.5


def test_question_kinds_have_their_own_guess_where_it_is_known(items) -> None:
    only, top = kind_rows(items, LEVELS)
    assert (only.label, only.guess, only.note) == ("TextVQA, only", None, "8 questions")
    assert (top.label, top.guess) == ("TextVQA, top", 40.0)


def test_reading_stands_behind_textvqa_and_every_kind_has_a_bar(items) -> None:
    rows = items.to_pylist()
    for row in rows:
        row["category"] = "thing" if row["category"] == "top" else row["category"]
    reading = {"any_listed_token": 0.8}
    levels = {**LEVELS, "textvqa": {"any_listed_token": 0.35, "reading": reading, "kinds": {}}}
    table = item_table(rows)
    _, things, read, *_ = score_rows(table, {"mmbench_protocol": "circular"}, levels)
    assert (things.label, things.guess, things.headline) == ("TextVQA", 35.0, True)
    assert (read.label, read.guess, read.headline) == ("TextVQA reading", 80.0, False)
    assert [row.note for row in kind_rows(table, levels)] == ["8 questions", "4 questions"]
