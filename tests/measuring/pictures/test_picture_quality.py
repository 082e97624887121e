"""Numbers of a picture's faults, on pictures whose numbers are known."""

from __future__ import annotations

import numpy as np
import pytest

from bettersynth.measuring.pictures.picture_quality import blocks, border, contrast, sharpness


def noise(height: int = 64, width: int = 64) -> np.ndarray:
    return np.random.default_rng(1).uniform(0, 255, (height, width)).astype(np.float32)


def test_the_laplacian_of_a_single_dot_by_hand():
    dot = np.zeros((5, 5), np.float32)
    dot[2, 2] = 10
    # of the nine inner pixels: -40 once, 10 four times
    assert sharpness(dot) == pytest.approx((1600 + 400) / 9)
    assert sharpness(dot[:2]) == 0.0


def test_contrast_is_the_standard_deviation():
    assert contrast(np.array([[0.0, 255.0]], np.float32)) == 127.5


def test_bars_are_counted_and_paper_around_a_drawing_is_none():
    framed = np.zeros((100, 80), np.float32)
    framed[10:90] = noise(80, 80)
    assert border(framed) == pytest.approx(0.2)
    paper = np.full((100, 80), 255, np.float32)
    paper[30:60, 30:50] = 0
    assert border(paper) == 0.0
    assert border(np.zeros((20, 20), np.float32)) == 0.0


def test_steps_at_every_eighth_pixel_show_blocks():
    grey = np.kron(noise(8, 8), np.ones((8, 8), np.float32))
    assert blocks(grey) > 50
    assert blocks(noise()) == pytest.approx(1, abs=0.1)
    assert blocks(noise(10, 10)) == 1.0
