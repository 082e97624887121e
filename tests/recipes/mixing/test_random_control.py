import numpy as np

from bettersynth.recipes.mixing.candidates import Candidates
from bettersynth.recipes.mixing.random_control import (
    captions_of_draw,
    decisions_of_draw,
    draw_control,
)

CANDIDATES = Candidates(of_row={1: [0, 1], 4: [2], 7: [3]})


def test_a_draw_has_as_many_of_each_source_and_depends_on_the_seed_alone():
    draw = draw_control(3, 2, CANDIDATES, range(10), seed=0)
    assert draw == draw_control(3, 2, CANDIDATES, range(10), seed=0)
    assert len(draw) == 5
    new = captions_of_draw(draw)
    assert len(new) == 2
    assert all(position in CANDIDATES.of_row[row] for row, position in new.items())


def test_no_new_captions_leave_all_rows_to_the_originals():
    draw = draw_control(10, 0, Candidates(), range(10), seed=0)
    assert draw == dict.fromkeys(draw)
    assert sorted(draw) == list(range(10))


def test_what_is_not_drawn_is_dropped_by_the_control():
    decisions = decisions_of_draw({0: None, 2: 5}, np.ones(3, dtype=bool))
    assert decisions.kept.tolist() == [True, False, True]
    assert decisions.rule == ["", "random control", ""]


def test_what_is_not_judged_stays_beside_the_draw():
    judged = np.array([True, False, True, False])
    decisions = decisions_of_draw({0: None}, judged)
    assert decisions.kept.tolist() == [True, True, False, True]
