"""The items of all seeds, from the files of a small run."""

from __future__ import annotations

import pytest
from support.small_answers import BOARDS, QUESTIONS, write_answers, write_benchmarks

from bettersynth.errors import UserError
from bettersynth.evaluation.scoring.run_items import scored_items


def test_items_are_sorted_by_benchmark_and_seed_and_carry_the_question_kinds(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_benchmarks()
    write_answers((0, 3))
    items = scored_items([0, 3], "vlmevalkit", "llava").to_pandas()
    assert len(items) == 2 * (QUESTIONS + BOARDS)
    order = list(dict.fromkeys(zip(items["benchmark"], items["seed"], strict=True)))
    assert order == [("mmbench", 0), ("mmbench", 3), ("textvqa", 0), ("textvqa", 3)]
    boards = items[items["benchmark"] == "textvqa"]
    assert set(boards["category"]) == {"only"}
    assert boards["circular"].isna().all()
    with pytest.raises(UserError, match="results/predictions/mmbench-1.jsonl does not exist"):
        scored_items([1], "vlmevalkit", "llava")
