"""What the page shows of the data, from the tables of the stages."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from support.small_pool import write_pool
from support.small_report import PLANTED, SIMILARITY, make_data

from bettersynth.errors import UserError
from bettersynth.experiments.report.data_part import data_content, trained_samples


@pytest.fixture(autouse=True)
def _in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_flow_stats_pairs_and_detector_are_gathered() -> None:
    content = data_content(make_data(PLANTED))
    assert [row.count for row in content["flow"]] == [8, 8, 4, 4, 5, 5]
    assert content["rejected"] == {"not an image": 2, "pool: same picture": 1}
    assert content["stats"][0].name == "image_text_similarity"
    assert content["stats_of_new_text"]
    assert content["detector"].threshold == 0.35
    assert content["kind_counts"] == {"kept": 4, "recaptioned": 1, "dropped": 3}
    assert trained_samples(["s00"]) == {"s00": ("a brown dog", "s00.png")}


def test_a_refined_recipe_has_the_threshold_of_its_own_line() -> None:
    params = make_data(PLANTED)
    params["filter"]["refine"] = {"rule": "percentiles", "low": 0.25, "high": 1.0}
    threshold = data_content(params)["detector"].threshold
    assert threshold == pytest.approx(np.quantile(SIMILARITY, 0.25))


def test_a_source_without_planted_mismatches_has_no_detector() -> None:
    content = data_content(make_data(None))
    assert content["detector"] is None
    assert content["planted"] == {}


def test_decisions_of_another_pool_are_refused() -> None:
    params = make_data(PLANTED)
    write_pool(["only one"])
    with pytest.raises(UserError, match="data/mix/decisions.parquet belongs to another pool; run"):
        data_content(params)
