"""What the seeds of a run can show."""

from __future__ import annotations

import pytest

from bettersynth.data.tables.items import item_table
from bettersynth.experiments.report.variation import variation


def items(seeds):
    rows = []
    for seed in seeds:
        for number in range(12):
            right = float((number * 5 + seed) % 3 > 0)
            row = {"seed": seed, "item": str(number), "rows": 1}
            rows.append({**row, "benchmark": "mmbench", "circular": right})
            rows.append({**row, "benchmark": "textvqa", "accuracy": right})
    return item_table(rows)


def test_parts_add_up_and_more_seeds_show_smaller_differences() -> None:
    choice, text = variation(items((0, 1, 2, 4)), "circular")
    assert (choice.label, text.label) == ("MMBench", "TextVQA")
    assert choice.seed + choice.item + choice.rest == pytest.approx(100)
    seeds, points = zip(*choice.detectable, strict=True)
    assert seeds == (2, 3, 4, 5, 8, 12)
    assert list(points) == sorted(points, reverse=True)
    assert choice.sentence.startswith("with 4 seeds")


def test_one_seed_has_no_variation() -> None:
    assert variation(items((0,)), "circular") == []
