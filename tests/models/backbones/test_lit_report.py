"""The calibration of a scorer, and the table of its losses."""

import numpy as np
import pytest
from support.default_settings import default_settings

from bettersynth.errors import UserError
from bettersynth.models.backbones.lit_report import calibration, write_losses
from bettersynth.models.backbones.lit_training import Member


def test_the_calibration_puts_the_medians_where_it_says() -> None:
    settings = default_settings("scorer", matched=0.3, shuffled=0.2)
    matched, shuffled = np.array([0.5, 0.6, 0.9]), np.array([0.1, 0.2, 0.3])
    found = calibration(settings, matched, shuffled)
    assert found["slope"] * 0.6 + found["offset"] == pytest.approx(0.3)
    assert found["slope"] * 0.2 + found["offset"] == pytest.approx(0.2)
    assert found["held_out_auc"] == 1.0


def test_a_scorer_that_learned_nothing_is_refused() -> None:
    with pytest.raises(UserError, match="learned nothing"):
        calibration(default_settings("scorer"), np.array([0.1, 0.2]), np.array([0.3, 0.4]))


def test_losses_are_told_by_member_and_update(tmp_path) -> None:
    members = [Member({}, [(1, 2.0), (21, 0.123456)], np.zeros(0), np.zeros(0))]
    write_losses(tmp_path / "log.tsv", members * 2)
    lines = (tmp_path / "log.tsv").read_text().splitlines()
    assert lines[:3] == ["member\tupdate\tloss", "0\t1\t2.00000", "0\t21\t0.12346"]
    assert len(lines) == 5
