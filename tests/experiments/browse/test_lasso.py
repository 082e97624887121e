import numpy as np
import pytest

from bettersynth.errors import UserError
from bettersynth.experiments.browse.lasso import MOST_CORNERS, Lasso, inside


def test_points_in_a_concave_polygon():
    # a U: the middle of the top is open
    polygon = [[0, 0], [3, 0], [3, 3], [2, 3], [2, 1], [1, 1], [1, 3], [0, 3]]
    x = np.array([0.5, 1.5, 2.5, 1.5, 5.0, np.nan])
    y = np.array([2.0, 2.0, 2.0, 0.5, 1.0, 1.0])
    assert inside(x, y, polygon).tolist() == [True, False, True, True, False, False]


def test_a_circle_of_many_corners_holds_its_share():
    angles = np.linspace(0, 2 * np.pi, 400, endpoint=False)
    polygon = np.stack([np.cos(angles), np.sin(angles)], axis=1).tolist()
    rng = np.random.default_rng(0)
    x, y = rng.uniform(-1, 1, (2, 20_000))
    found = inside(x, y, polygon)
    assert (found == (x**2 + y**2 < 1)).mean() > 0.999


@pytest.mark.parametrize("polygon", [[[0, 0], [1, 1]], [[0, 0]] * (MOST_CORNERS + 1)])
def test_too_few_or_too_many_corners_are_refused(polygon):
    with pytest.raises(UserError, match="it must have 3 to 500"):
        Lasso("a", "b", polygon)


def test_a_corner_is_two_numbers():
    with pytest.raises(UserError, match="must be two numbers"):
        Lasso("a", "b", [[0, 0], [1], [2, 2]])
