"""The way of the samples, from the cards of four stages."""

from __future__ import annotations

from types import SimpleNamespace

from bettersynth.experiments.report.flow import contamination_sentence, flow, set_aside

POOL = {"rejected": {"not an image": 2}, "duplicates": {"same picture": 1}}
FILTER = {"pool": 8, "kept": 4, "surviving": {"words": 6, "similarity": 4}, "dropped_by": {}}
COUNTS = {
    "kept": 4, "original": 3, "samples": 5, "exchanged": 2, "sent_to_recaptioning": 3,
    "new_captions": 6, "visits": 20, "visits_per_sample": 4.0,
}  # fmt: skip
UNCHANGED = {"rewritten": 0, "without_words": 0, "by_mapper": {}}
LINES = [SimpleNamespace(label="words", bounds="min_num 2")]


def test_each_line_says_what_it_took_and_the_exchange_what_it_added() -> None:
    rows = flow(POOL, UNCHANGED, FILTER, {"counts": COUNTS}, LINES)
    labels = [(row.label, row.count, row.change) for row in rows]
    assert labels == [
        ("pool", 8, 0),
        ("words", 6, -2),
        ("similarity", 4, -2),
        ("recaption and exchange", 5, 1),
        ("training set", 5, 0),
    ]
    assert rows[0].detail == "3 pictures of the whole source were set aside before"
    assert rows[1].detail == "min_num 2"
    assert rows[3].detail.endswith("2 came in with one, 1 of them instead of a kept original")
    assert rows[4].detail.endswith("20 visits, 4.0 a sample")
    assert rows[4].share == 5 / 8


def test_the_controls_have_a_row_of_their_own() -> None:
    drawn = FILTER | {"dropped_by": {"random": 4}}
    rows = flow(POOL, UNCHANGED, drawn, {"counts": COUNTS, "control": "random"}, LINES)
    labels = [row.label for row in rows]
    assert "random draw of the same size" in labels
    assert "random control instead" in labels
    assert "recaption and exchange" not in labels


def test_what_the_budget_left_out_has_a_row() -> None:
    counts = COUNTS | {"kept": 3, "original": 2, "samples": 4}
    rows = flow(POOL, UNCHANGED, FILTER, {"counts": counts, "over_budget": 1}, LINES)
    labels = [(row.label, row.count, row.change) for row in rows]
    assert labels[3:] == [
        ("budget", 3, -1),
        ("recaption and exchange", 4, 1),
        ("training set", 4, 0),
    ]
    assert rows[3].detail == "1 samples more than mix.budget: not drawn"


def test_without_recaptioning_there_is_no_exchange() -> None:
    counts = COUNTS | {"sent_to_recaptioning": 0}
    rows = flow({}, UNCHANGED, FILTER, {"counts": counts}, [])
    assert [row.label for row in rows][-2:] == ["similarity", "training set"]
    assert rows[0].detail == ""
    assert set_aside(POOL) == {"not an image": 2, "same picture": 1}


def test_rewritten_texts_are_counted_by_mapper() -> None:
    card = {"rewritten": 3, "without_words": 1, "by_mapper": {"a_mapper": 2, "b_mapper": 1}}
    row = flow(POOL, card, FILTER, {"counts": COUNTS}, LINES)[1]
    assert (row.label, row.count, row.change) == ("rewrite", 8, 0)
    assert row.detail == "3 texts changed: a_mapper 2, b_mapper 1; 1 have no word left"


def test_new_pictures_are_counted_beside_new_captions() -> None:
    drawn = {"samples": 2, "pictures": 4, "training": 1}
    rows = flow({}, UNCHANGED, FILTER, {"counts": COUNTS, "drawn": drawn}, [])
    assert rows[-2].detail.startswith(
        "3 samples got 6 new captions; 2 samples got 4 new pictures; 2 came in with one, 1 of them "
        "with a picture"
    )


def test_contamination_is_one_sentence() -> None:
    counts = {"samples": 10, "same picture": 1, "copied picture": 0, "question": 2, "answer": 3}
    card = {"sets": {"pool": counts}, "looked_for": ["same picture", "question"]}
    said = contamination_sentence(card | {"dropped": {"pool": 3}})
    assert said.endswith("pool: 1 same picture, 2 question of 10, 3 dropped.")
    nothing = {"sets": {}, "looked_for": [], "dropped": {}}
    assert "not looked for" in contamination_sentence(nothing)
