"""The table of items: its columns name the protocols that the scorers know."""

from __future__ import annotations

from pathlib import Path

import pytest

from bettersynth.data.tables import items
from bettersynth.evaluation.benchmarks import mmbench_letters, textvqa_answers


def test_the_columns_hold_every_rule_set_of_the_scorers() -> None:
    assert ("strict", *items.EXTRACTIONS) == mmbench_letters.PROTOCOLS
    assert set(items.NORMALISERS) <= set(textvqa_answers.PROTOCOLS)
    names = items.ITEM_SCHEMA.names
    assert set(items.CHOICE_PROTOCOLS) <= set(names)
    assert items.harness_column("vanilla", "vlmevalkit-2024") == "vanilla_vlmevalkit_2024"
    assert names[-3:-1] == ["accuracy_llava", "accuracy_vlmevalkit"]
    assert len(names) == len(set(names)) == 29


def test_what_a_row_lacks_is_null_and_the_table_comes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    table = items.item_table([{"benchmark": "textvqa", "seed": 0, "accuracy": 0.3}])
    assert table["circular"].to_pylist() == [None]
    items.write_items(table)
    assert items.read_items().equals(table)
