"""Seeds make stages, so that a wrong list is told before any."""

import pytest

from bettersynth.errors import UserError
from bettersynth.settings.seeds import read_seeds, seed_argument, stage_arguments


def test_seeds_are_sorted():
    assert read_seeds([3, 0, 1]) == [0, 1, 3]


@pytest.mark.parametrize("value", [None, 3, [], [0, 0], [0.5], [True], "0, 1", [[0]]])
def test_what_is_no_list_of_different_whole_numbers_is_one_line(value):
    with pytest.raises(UserError, match="seeds must be a list of different whole numbers such as"):
        read_seeds(value)


@pytest.mark.parametrize("seed", [-1, 2**32])
def test_a_seed_that_no_generator_takes_is_one_line(seed):
    with pytest.raises(
        UserError, match=f"seeds holds {seed}; a seed must be from 0 to 4,294,967,295"
    ):
        read_seeds([0, seed])


def test_the_command_line_of_a_stage_is_read_with_and_without_names():
    for arguments in (["0"], ["--seed", "0"]):
        assert seed_argument(arguments, "m") == 0
    assert stage_arguments(["--seed", "0", "--benchmark", "mmbench"]) == ["0", "mmbench"]
    for arguments in ([], ["--seed", "0; touch X; #"], ["0", "1"]):
        with pytest.raises(UserError, match="whole number from 0 on: python -m m 0"):
            seed_argument(arguments, "m")
