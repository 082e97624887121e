"""How well low similarity finds planted mismatches."""

from __future__ import annotations

import numpy as np
import pytest

from bettersynth.experiments.report.detector import similarity_detector

SIMILARITY = np.array([0.1, 0.2, 0.3, 0.4, np.nan])
PLANTED = np.array([True, False, True, False, True])


def test_the_curve_has_its_area_and_the_rule_its_point() -> None:
    rules = {
        "image_text_similarity_filter#large": {"precision": 0.9, "recall": 0.9},
        "image_text_similarity_filter#2": {"precision": 0.5, "recall": 0.25},
    }
    card = {"detectors": rules}
    detector = similarity_detector(SIMILARITY, PLANTED, card, threshold=0.25)
    assert detector.auc == pytest.approx(0.75)
    assert (detector.precision, detector.recall) == (0.5, 0.25)
    assert "ROC curve, area 0.750" in detector.chart
    assert "<circle" in detector.chart


def test_without_rule_or_threshold_the_curve_stands_alone() -> None:
    detector = similarity_detector(SIMILARITY, PLANTED, {}, threshold=None)
    assert (detector.precision, detector.recall, detector.threshold) == (None, None, None)
    assert "<circle" not in detector.chart


@pytest.mark.parametrize("planted", [np.zeros(5, bool), np.ones(5, bool)])
def test_one_kind_alone_has_no_curve(planted: np.ndarray) -> None:
    assert similarity_detector(SIMILARITY, planted, {}, 0.25) is None
    assert similarity_detector(np.full(5, np.nan), PLANTED, {}, 0.25) is None
