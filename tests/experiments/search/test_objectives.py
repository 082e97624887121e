"""An objective is a number of a score, and the first one a score that can be tested."""

import numpy as np
import pytest
from support.default_settings import default_settings

from bettersynth.data.tables.items import CHOICE_PROTOCOLS, item_table
from bettersynth.errors import UserError
from bettersynth.evaluation.scoring.baseline_scores import Baseline
from bettersynth.experiments.search.objectives import require_objectives, score_of_pictures

SETTINGS = default_settings("score", mmbench_protocol="strict")


def items():
    rows = []
    for number in range(10):
        common = {"seed": 0, "item": str(number), "rows": 1}
        rights = dict.fromkeys(CHOICE_PROTOCOLS, float(number < 4)) | {"circular": 1.0}
        rows.append({**common, "benchmark": "mmbench", **rights})
        if number < 5:
            rows.append({**common, "benchmark": "textvqa", "accuracy": float(number < 3)})
    return item_table(rows)


@pytest.mark.parametrize(
    ("objective", "mean"), [("mmbench", 0.4), ("mmbench_circular", 1.0), ("textvqa", 0.6)]
)
def test_a_score_is_the_mean_over_pictures(objective, mean):
    assert score_of_pictures(items(), objective, SETTINGS, None).mean() == pytest.approx(mean)


def test_the_total_is_the_mean_of_both_ratios():
    baseline = Baseline(50.0, 40.0, "strict", "a run")
    scores = score_of_pictures(items(), "total", SETTINGS, baseline)
    assert scores.shape == (1, 15)
    assert np.mean(scores) == pytest.approx((40 / 50 + 60 / 40) / 2)


@pytest.mark.parametrize(
    ("objectives", "message"),
    [
        (["mmbnch"], r"no score has mmbnch \(did you mean mmbench\?\)"),
        (["samples", "mmbench"], "the first is samples"),
        (["total"], "names no baseline"),
    ],
)
def test_a_wrong_objective_is_one_line(objectives, message):
    with pytest.raises(UserError, match=message):
        require_objectives(objectives, False, "conf/search/x.yaml: objectives")
