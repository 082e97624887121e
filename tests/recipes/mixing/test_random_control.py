import numpy as np
from support.small_columns import new_versions

from bettersynth.recipes.mixing.random_control import Draw, decisions_of_draw, draw_control

CANDIDATES = new_versions([1, 1, 4, 7])
EVERYONE = np.ones(10, dtype=bool)


def test_a_draw_has_as_many_of_each_source_and_depends_on_the_seed_alone():
    draw = draw_control(3, 2, CANDIDATES, EVERYONE, seed=0)
    again = draw_control(3, 2, CANDIDATES, EVERYONE, seed=0)
    assert (draw.drawn == again.drawn).all() and (draw.chosen == again.chosen).all()
    assert draw.drawn.sum() == 5
    described = np.flatnonzero(draw.chosen >= 0)
    assert len(described) == 2 and draw.drawn[described].all()
    assert (CANDIDATES.row[draw.chosen[described]] == described).all()


def test_no_new_captions_leave_all_rows_to_the_originals():
    draw = draw_control(10, 0, new_versions([]), EVERYONE, seed=0)
    assert draw.drawn.all() and (draw.chosen == -1).all()


def test_a_row_that_is_not_offered_is_not_drawn():
    offered = np.arange(10) != 4
    draw = draw_control(7, 2, CANDIDATES, offered, seed=0)
    assert draw.drawn.tolist() == offered.tolist()


def test_what_is_not_drawn_is_dropped_by_the_control():
    draw = Draw(np.array([True, False, True]), np.array([-1, -1, 5]))
    decisions = decisions_of_draw(draw, np.ones(3, dtype=bool))
    assert decisions.kept.tolist() == [True, False, True]
    assert list(decisions.rule) == ["", "random control", ""]


def test_what_is_not_judged_stays_beside_the_draw():
    judged = np.array([True, False, True, False])
    draw = Draw(np.array([True, False, False, False]), np.full(4, -1))
    assert decisions_of_draw(draw, judged).kept.tolist() == [True, True, False, True]
