from __future__ import annotations

import numpy as np
from support.one_operator import line

from bettersynth.data.samples.sample_rows import RowForm
from bettersynth.measuring.protocols import Made
from bettersynth.recipes.engine.unmeasured import nothing_made, passed_unmeasured

ROWS = [
    {"text": "<__dj__image> a", "images": ["a.png"]},
    {"text": "b", "images": ["b.png"]},
    {"text": None, "images": []},
    {"text": "<__dj__image> d"},
]
KEPT = np.ones(4, dtype=bool)


def lacking(name, column, kept=KEPT, **settings):
    values = {"stat": column}
    return passed_unmeasured(line(name, **settings), ROWS, RowForm(), values, kept)


def test_what_a_row_lacks_is_said():
    assert lacking("image_text_similarity_filter", [[0.3], [], [], []]) == {
        "without a text counted as empty": [2],
        "without an image token passed unmeasured": [1],
        "without a picture passed unmeasured": [2, 3],
    }
    assert lacking("image_size_filter", [[1], [2], [], []]) == {
        "without a picture passed unmeasured": [2, 3]
    }
    assert lacking("image_deduplicator", ["x", "y", "", ""]) == {
        "without a picture passed unmeasured": [2, 3]
    }


def test_a_row_that_was_dropped_has_not_passed():
    kept = np.array([True, True, False, False])
    assert lacking("image_size_filter", [[1], [2], [], []], kept) == {}


def test_a_field_of_the_users_choice_may_hold_anything():
    column = [None, "", [], ["x"]]
    found = lacking("specified_field_filter", column, field_key="tags", target_value=["x"])
    assert found == {"without a value passed unmeasured": [2]}


def test_rows_of_which_nothing_is_made_are_told_apart_from_those_set_aside():
    mapper = line("mllm_mapper")
    same = [[Made(row.get("text") or "", row.get("images") or [])] for row in ROWS]
    made = [[Made("an answer", ["a.png"])], *same[1:3], []]
    assert nothing_made(mapper, ROWS, RowForm(), made, {3: "broken"}) == {
        "without an image token got nothing new": [1],
        "without a picture got nothing new": [2],
    }
