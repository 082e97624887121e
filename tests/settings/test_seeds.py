"""Seeds make stages, so that a wrong list is told before any."""

import pytest

from bettersynth.errors import UserError
from bettersynth.settings.seeds import read_seeds


def test_seeds_are_sorted():
    assert read_seeds([3, 0, 1]) == [0, 1, 3]


@pytest.mark.parametrize("value", [None, 3, [], [0, 0], [0.5], [True], "0, 1", [[0]]])
def test_what_is_no_list_of_different_whole_numbers_is_one_line(value):
    with pytest.raises(UserError, match="seeds must be a list of different whole numbers such as"):
        read_seeds(value)
