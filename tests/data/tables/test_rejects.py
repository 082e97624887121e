"""Rejected pairs are written with their pictures and their reason."""

from bettersynth.data.tables.rejects import (
    REJECT_SCHEMA,
    Refused,
    read_rejects,
    write_rejects,
)


def test_rejects_come_back_in_the_order_given(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_rejects([Refused("b", ("1.png", "2.png"), "truncated image: x"), Refused("a", (), "y")])
    table = read_rejects()
    assert table.schema.equals(REJECT_SCHEMA)
    assert table.to_pylist() == [
        {"id": "b", "images": ["1.png", "2.png"], "reason": "truncated image: x"},
        {"id": "a", "images": [], "reason": "y"},
    ]
    assert read_rejects(["id"]).column_names == ["id"]


def test_no_reject_is_a_table_too(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_rejects([])
    assert read_rejects().schema.equals(REJECT_SCHEMA)
