"""Round ticks, numbers as people write them, places on the picture."""

from __future__ import annotations

import pytest

from bettersynth.experiments.report.axes import (
    BOTTOM,
    HEIGHT,
    LEFT,
    RIGHT,
    TOP,
    WIDTH,
    Axes,
    number,
    short,
    svg,
    ticks,
    widened,
)


def test_ticks_are_round() -> None:
    assert ticks(0, 1) == pytest.approx([0, 0.2, 0.4, 0.6, 0.8, 1.0])
    assert ticks(-0.1, 0.5) == pytest.approx([0, 0.2, 0.4])
    assert str(ticks(-1, 1)[2]) == "0.0"


def test_numbers_are_short() -> None:
    shown = [short(value) for value in (0.25, 1200, 35000, 2.5e6, 0)]
    assert shown == ["0.25", "1,200", "35k", "2.5M", "0"]
    assert [number(value) for value in (3.0, 3.14, 0.04)] == ["3", "3.1", "0"]


def test_the_ends_of_the_data_are_the_corners_of_the_plot_area() -> None:
    axes = Axes((10, 20), (0, 1))
    assert (axes.across(10), axes.across(20)) == (LEFT, WIDTH - RIGHT)
    assert (axes.up(0), axes.up(1)) == (HEIGHT - BOTTOM, TOP)
    assert axes.path([10], [1]) == f'points="{LEFT},{TOP}"'
    assert widened(5, 5) == (4.5, 5.5)


def test_labels_and_titles_are_escaped() -> None:
    frame = "".join(Axes((0, 1), (0, 1)).frame("<x>", "y & z"))
    assert "&lt;x&gt;" in frame
    assert "y &amp; z" in frame
    assert 'aria-label="a &lt;b&gt;"' in svg([], "a <b>")
