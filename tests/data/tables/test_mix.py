import json

import pyarrow as pa

from bettersynth.data.files.reading import read_json, read_table
from bettersynth.data.tables.mix import (
    MIX_CARD,
    MIX_DECISIONS,
    MIX_TABLE,
    TRAIN,
    write_mix_card,
    write_mix_decisions,
    write_mix_table,
    write_train,
)


def test_the_training_set_has_one_entry_a_line(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    entries = [{"id": "é"}, {"id": "b"}, {"id": "é"}]
    write_train(iter(entries))
    assert json.loads(TRAIN.read_text(encoding="utf-8")) == entries
    assert TRAIN.read_text(encoding="utf-8").splitlines()[1] == '{"id": "é"},'


def test_tables_and_card_come_back(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    table = pa.table({"id": ["a"], "weight": pa.array([2], pa.int32())})
    write_mix_table(table)
    write_mix_decisions([table])
    write_mix_card({"counts": {}})
    assert read_table(MIX_TABLE) == read_table(MIX_DECISIONS) == table
    assert read_json(MIX_CARD) == {"counts": {}}
