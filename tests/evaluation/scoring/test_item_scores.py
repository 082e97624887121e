"""One row an item, with its score by every protocol."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from bettersynth.data.tables.items import item_table
from bettersynth.errors import UserError
from bettersynth.evaluation.benchmarks.mmbench import GROUP, Question
from bettersynth.evaluation.scoring.choice_predictions import ChoicePredictions
from bettersynth.evaluation.scoring.item_scores import (
    choice_items,
    has_reading,
    item_pictures,
    picture_scores,
    require_same_items,
    same_questions,
    score_matrix,
    scores_of_rows,
    text_items,
)


def question(index: int, answer: str) -> Question:
    options = {"A": "egg", "B": "tea"}
    return Question(index, "What?", "", options, answer, "food", "coarse_perception", "dev")


def test_a_choice_question_has_strict_circular_vanilla_and_likelihood():
    questions = [question(1, "A"), question(1 + GROUP, "B")]
    text = {1: "A.", 1 + GROUP: "A"}
    logprob = {1: {"A": [-2.0, 1, -0.5], "B": [-3.0, 1, -9.0]}}
    (row,) = choice_items(5, questions, ChoicePredictions(text, logprob), "vlmevalkit")
    assert (row["item"], row["seed"], row["rows"], row["chance"]) == ("1", 5, 2, 0.5)
    assert (row["category"], row["l2_category"]) == ("food", "CP")
    assert (row["answer"], row["likeliest"], row["prediction"]) == ("egg", "egg", "A.")
    assert (row["likelihood"], row["likelihood_minus_prior"]) == (1.0, 0.0)
    # e to the power of their difference, 1
    assert row["probability"] == pytest.approx(1 / (1 + math.exp(-1)), abs=1e-6)
    assert (row["strict"], row["circular"], row["vanilla"]) == (0.0, 0.0, 0.5)
    assert row["vanilla_lmms_eval"] == row["vanilla_vlmevalkit_2024"] == 0.5


def test_other_options_are_told_apart_though_question_and_answer_are_the_same():
    predictions = ChoicePredictions({1: "A"}, {1: {"A": [-2.0, 1, -0.5], "B": [-3.0, 1, -9.0]}})
    asked = question(1, "A")
    other = dataclasses.replace(asked, options={"A": "egg", "B": "ham"})
    tables = []
    for one in (asked, other):
        tables.append(item_table(choice_items(0, [one], predictions, "vlmevalkit")))
    assert same_questions(tables[0], tables[0], "mmbench")
    assert not same_questions(*tables, "mmbench")


def test_a_sign_question_has_each_harness_accuracy_beside_the_chosen_one():
    key = ("b0", "what is it?")
    answers = ["Levi's"] * 6 + ["stop"] * 4
    (row,) = text_items(0, {key: answers}, {key: "only"}, {key: "levis"}, "llava")
    assert (row["item"], row["category"], row["answer"]) == ("b0 what is it?", "only", "Levi's")
    assert row["accuracy"] == row["accuracy_llava"] == 0.0
    (row,) = text_items(0, {key: answers}, {}, {key: "stop"}, "llava")
    assert row["accuracy"] == row["accuracy_vlmevalkit"] == pytest.approx(1.0)


def rows(seed: int, *scores: tuple[str, float, int]) -> list[dict[str, object]]:
    made = []
    for item, score, count in scores:
        row = {"benchmark": "mmbench", "seed": seed, "item": item, "rows": count}
        made.append(row | {"circular": score, "vanilla": score})
    return made


def test_a_matrix_has_a_row_a_seed_and_vanilla_counts_every_rolled_row():
    table = item_table(
        [*rows(1, ("a", 1.0, 2), ("b", 0.5, 4)), *rows(0, ("a", 0.0, 2), ("b", 1.0, 4))]
    )
    scores, names = score_matrix(table, "mmbench", "circular")
    assert names == ["a", "b"]
    assert np.array_equal(scores, [[0.0, 1.0], [1.0, 0.5]])
    vanilla, _ = score_matrix(table, "mmbench", "vanilla")
    assert vanilla.mean(axis=1) == pytest.approx([4 / 6, 4 / 6])


def test_seeds_that_answer_other_items_are_refused():
    table = item_table([*rows(0, ("a", 1.0, 2)), *rows(1, ("b", 1.0, 2))])
    said = "the seeds of mmbench do not answer the same items; run the score step again"
    with pytest.raises(UserError, match=f"^{said}"):
        score_matrix(table, "mmbench", "circular")
    with pytest.raises(UserError, match=f"^items of old: {said}"):
        require_same_items(table, "items of old")


def test_items_without_one_of_the_benchmarks_are_refused():
    one = rows(0, ("a", 1.0, 2))
    other = {"benchmark": "textvqa", "seed": 0, "item": "p what?", "accuracy": 1.0}
    require_same_items(item_table([*one, other]), "here")
    for made, lacking in ((one, "textvqa"), ([other], "mmbench"), ([], "mmbench")):
        with pytest.raises(UserError, match=f"^here: there is no answer to {lacking}; run the sc"):
            require_same_items(item_table(made), "here")


def test_reading_that_seeds_were_asked_differently_is_refused():
    made = rows(0, ("a", 1.0, 2)) + rows(1, ("a", 1.0, 2))
    for seed, item, kind in ((0, "b", "thing"), (1, "b", "thing"), (0, "c", "top")):
        row = {"benchmark": "textvqa", "seed": seed, "item": item, "rows": 1, "accuracy": 1.0}
        made.append(row | {"category": kind})
    require_same_items(item_table(made), "here")
    other = made[-1] | {"seed": 1, "item": "d"}
    with pytest.raises(UserError, match="the seeds of textvqa_reading do not answer the same"):
        require_same_items(item_table([*made, other]), "here")


def test_questions_on_one_picture_are_one_column_and_rolled_rows_are_one_question():
    shared = [dict(row, picture="p") for row in rows(0, ("a", 1.0, 2), ("b", 0.0, 2))]
    table = item_table([*shared, *rows(0, ("c", 1.0, 4))])
    scores = picture_scores(table, "mmbench", "circular")
    assert scores.shape == (1, 2)
    assert scores.mean() == pytest.approx(2 / 3)
    vanilla = picture_scores(table, "mmbench", "vanilla")
    assert vanilla.mean() == pytest.approx((2 * 1 + 2 * 0 + 4 * 1) / 8)
    assert item_pictures(table, "mmbench", "circular") == ["p", "p", "c"]


def test_items_of_an_older_version_have_pictures_by_their_names():
    table = item_table([{"benchmark": "textvqa", "seed": 0, "item": "p what?", "accuracy": 1.0}])
    old = table.drop_columns(["picture"])
    assert item_pictures(old, "textvqa", "accuracy") == ["p"]


def test_things_are_textvqas_scores_and_a_table_of_one_kind_alone_is_scored_as_it_is():
    made = []
    for item, kind, score in (("a", "thing", 1.0), ("b", "top", 0.5), ("c", "only", 0.0)):
        row = {"benchmark": "textvqa", "seed": 0, "item": item, "rows": 1, "accuracy": score}
        made.append(row | {"category": kind})
    table = item_table(made)
    assert scores_of_rows(table) == ["textvqa", "textvqa_reading", "textvqa_reading"]
    assert has_reading(table)
    assert picture_scores(table, "textvqa", "accuracy").tolist() == [[1.0]]
    assert picture_scores(table, "textvqa_reading", "accuracy").tolist() == [[0.5, 0.0]]
    assert item_pictures(table, "textvqa_reading", "accuracy") == ["b", "c"]
    without = item_table(made[1:])
    assert not has_reading(without)
    assert picture_scores(without, "textvqa", "accuracy").tolist() == [[0.5, 0.0]]
