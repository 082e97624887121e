"""Predictions lie one file a benchmark and seed."""

from __future__ import annotations

from bettersynth.data.tables.predictions import predictions_path


def test_a_file_is_named_by_benchmark_and_seed():
    assert str(predictions_path("mmbench", 2)) == "results/predictions/mmbench-2.jsonl"
    assert predictions_path("textvqa", 0) != predictions_path("textvqa", 1)
