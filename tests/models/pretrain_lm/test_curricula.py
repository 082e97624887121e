import pytest

from bettersynth.models.pretrain_lm.curricula import (
    color_curriculum,
    first_curriculum,
    thing_curriculum,
)

PHASES = (0.1, 0.2, 0.4, 0.8)


def test_the_first_curriculum_adds_tasks_and_then_noise():
    kinds = [set(first_curriculum(progress, PHASES).shares) for progress in (0.0, 0.15, 0.3, 0.5)]
    assert kinds[0] == {"drill"}
    assert kinds[1] == {"drill", "letters", "describe"}
    assert kinds[2] == kinds[1] | {"signs", "color_drill"}
    assert "drill" not in kinds[3]


def test_noise_and_clutter_grow_from_nothing_to_full():
    start, middle, end = (first_curriculum(progress, PHASES) for progress in (0.4, 0.6, 0.9))
    assert (start.noise, start.clutter) == (0.0, 0.0)
    assert (middle.noise, middle.clutter) == (pytest.approx(0.75), pytest.approx(0.5))
    assert (end.noise, end.clutter, end.multi_word) == (1.5, 1.0, 1.0)


def test_colours_are_learned_on_plain_boards_first():
    stages = [color_curriculum(progress, (0.2, 0.5, 0.8)) for progress in (0.1, 0.3, 0.6, 0.9)]
    assert [stage.max_signs for stage in stages] == [2, 3, 3, 3]
    assert [stage.plain_colors for stage in stages] == [True, True, True, False]
    assert "color_pairs" not in stages[1].shares
    assert "color_chain" not in stages[3].shares


@pytest.mark.parametrize(
    ("curriculum", "ends"), [(first_curriculum, 4), (color_curriculum, 3), (thing_curriculum, 2)]
)
def test_shares_are_shares(curriculum, ends):
    phases = PHASES[:ends]
    for step in range(10):
        assert sum(curriculum(step / 10, phases).shares.values()) == pytest.approx(1)


def test_things_are_learned_on_clean_slots_and_then_under_growing_noise():
    stages = [thing_curriculum(progress, (0.2, 0.6)) for progress in (0.1, 0.4, 0.9)]
    assert [stage.noise for stage in stages] == [0.0, pytest.approx(0.75), 1.5]
    assert [stage.clutter for stage in stages] == [0.0, pytest.approx(0.5), 1.0]
    assert stages[0].clean == 1.0
    assert ["signs" in stage.shares for stage in stages] == [False, True, True]
