"""Published ratios, with one's own apart from them."""

from __future__ import annotations

import pytest

from bettersynth.evaluation.scoring.baseline_scores import Baseline
from bettersynth.experiments.report.published import (
    OWN,
    RatioRow,
    own_row,
    published_results,
    ratio_table,
)


def test_published_rows_come_best_first_and_name_their_source() -> None:
    rows = published_results()
    totals = [row.total for row in rows]
    assert totals == sorted(totals, reverse=True)
    assert all(row.source and row.source != OWN for row in rows)


def test_ones_own_row_is_marked_and_escaped() -> None:
    baseline = Baseline(40.0, 20.0, "likelihood", "x")
    row = own_row("<me>", {"mmbench": 60.0, "textvqa": 10.0, "samples": 1200}, baseline)
    assert row == RatioRow("<me>", 1200, 1.5, 0.5, OWN)
    assert row.total == pytest.approx(1.0)
    table = ratio_table([row])
    assert '<tr class="own"><td class="words">&lt;me&gt;</td>' in table
    assert "1,200" in table
    own, published = table.split("Published, of a model of two billion parameters")
    assert "&lt;me&gt;" in own
    assert "&lt;me&gt;" not in published
    assert 'class="own"' not in ratio_table([])
