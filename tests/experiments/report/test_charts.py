"""Charts survive what data can hold, and show what they are given."""

from __future__ import annotations

import numpy as np

from bettersynth.experiments.report.charts import curves, histogram, roc_curve, scatter


def test_a_histogram_survives_values_that_are_all_the_same() -> None:
    same = np.full(20, 160.0)
    assert "<svg" in histogram(same, same, [32.0, float("inf")], "width")
    assert "nan" not in histogram(same, np.array([]), [], "width")


def test_few_whole_numbers_have_a_bar_each_and_near_bounds_are_drawn() -> None:
    values = np.array([1.0, 2.0, 2.0, 4.0])
    chart = histogram(values, values[:2], [1.0, 100.0], "words")
    assert chart.count('class="bar"') == 3
    assert chart.count('class="bound"') == 1
    assert "bounds 1" in chart
    assert chart.count("<polyline") == 1
    assert "<polyline" not in histogram(values, np.array([]), [], "words")


def test_seeds_with_the_same_steps_have_a_mean() -> None:
    alike = [([1, 2, 3], [3, 2, 1]), ([1, 2, 3], [4, 3, 2])]
    chart = curves(alike, "step", "loss", "two seeds")
    assert chart.count('class="line thin"') == 2
    assert chart.count('class="line"') == 1
    other = [([1, 2, 3], [3, 2, 1]), ([1, 2], [4, 3])]
    assert 'class="line"' not in curves(other, "step", "loss", "two seeds")


def test_a_roc_curve_has_chance_and_a_mark_where_the_threshold_stands() -> None:
    assert "<circle" not in roc_curve([0, 1], [0, 1], None, "ROC")
    chart = roc_curve([0, 0.5, 1], [0, 1, 1], (0.5, 1.0), "ROC")
    assert chart.count("<polyline") == 2
    assert 'class="mark" cx="185" cy="22"' in chart


def test_a_scatter_has_a_dot_and_an_interval_for_each_point_and_says_names_safely() -> None:
    points = [(0.9, 1.0, 0.95, 1.05, "<a>"), (2.9, 1.1, 1.02, 1.2, "b")]
    chart = scatter(points, "published", "here", "two rows")
    assert chart.count('class="mark"') == chart.count('class="line thin"') == 2
    assert "<title>&lt;a&gt;</title>" in chart
    assert "nan" not in scatter(points[:1], "published", "here", "one row")


def test_a_scatter_leaves_out_points_without_numbers() -> None:
    unknown = (float("nan"), 1.0, 1.0, 1.0, "unknown")
    chart = scatter([unknown, (1.0, 2.0, 2.0, 2.0, "known")], "cost", "score", "two")
    assert "unknown" not in chart and "nan" not in chart
    assert chart.count("<circle") == 1
    assert "<circle" not in scatter([unknown], "cost", "score", "none")
